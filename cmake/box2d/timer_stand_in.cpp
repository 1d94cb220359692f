// The engine's stopwatch without a clock: reading the time took a third of a hockey step, and only
// b2World::GetProfile shows it.
#include "Box2D/Common/b2Timer.h"

b2Timer::b2Timer() = default;
void b2Timer::Reset() {}
float32 b2Timer::GetMilliseconds() const { return 0.0f; }

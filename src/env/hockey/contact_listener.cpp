#include "env/hockey/contact_listener.h"

#include "env/hockey/hockey_rules.h"

namespace foresight {

void ContactListener::watch(const b2Body* puck, std::array<const b2Body*, 2> players,
                            std::array<const b2Body*, 2> goals) {
  puck_ = puck;
  players_ = players;
  goals_ = goals;
}

void ContactListener::BeginContact(b2Contact* contact) {
  const b2Body* first = contact->GetFixtureA()->GetBody();
  const b2Body* second = contact->GetFixtureB()->GetBody();
  if (first != puck_ && second != puck_) return;
  const b2Body* other = first == puck_ ? second : first;

  if (other == goals_[1]) {
    match_.done = true;
    match_.winner = 1;
  } else if (other == goals_[0]) {
    match_.done = true;
    match_.winner = -1;
  } else if (other == players_[0]) {
    touch_racket(0);
  } else if (other == players_[1]) {
    touch_racket(1);
  }
}

// Captures a puck that is not clearly leaving. The velocity is that of the moment inside the
// engine's step; the original compares it as a double.
void ContactListener::touch_racket(int side) {
  if (!match_.keep_mode || match_.has_puck[side] != 0.0) return;
  const double vx = puck_->GetLinearVelocity().x;
  if (side == 0 ? vx < 0.1 : vx > -0.1) match_.has_puck[side] = HockeyRules::kHoldSteps;
}

}  // namespace foresight

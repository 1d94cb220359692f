// What a touch means: a puck in a goal ends the game, a puck on a racket may be captured.
// Private to env/hockey: includes the engine.
// Source: martius-lab/hockey-env 2.6, hockey_env.py, ContactDetector.
#pragma once

#include <Box2D/Box2D.h>

#include <array>

namespace foresight {

// What a step of the engine may change besides the bodies.
struct MatchState {
  bool keep_mode = true;
  bool done = false;
  int winner = 0;                    // +1 left, -1 right, 0 nobody
  std::array<double, 2> has_puck{};  // steps left to hold the puck, left and right
};

class ContactListener final : public b2ContactListener {
 public:
  explicit ContactListener(MatchState& match) : match_(match) {}
  // Index 0: left.
  void watch(const b2Body* puck, std::array<const b2Body*, 2> players,
             std::array<const b2Body*, 2> goals);
  void BeginContact(b2Contact* contact) override;

 private:
  void touch_racket(int side);

  MatchState& match_;
  const b2Body* puck_ = nullptr;
  std::array<const b2Body*, 2> players_{};
  std::array<const b2Body*, 2> goals_{};
};

}  // namespace foresight

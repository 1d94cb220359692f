// The engine's world of a hockey game: its bodies and how they come and go. Private to env/hockey:
// includes the engine.
// Source: martius-lab/hockey-env 2.6, hockey_env.py, _create_world, _create_goal, _create_player,
// _create_puck, _destroy.
#pragma once

#include <Box2D/Box2D.h>

#include <array>
#include <optional>
#include <vector>

#include "env/hockey/contact_listener.h"
#include "env/hockey/hockey_rules.h"
#include "env/scene.h"

namespace foresight {

class HockeyWorld {
 public:
  explicit HockeyWorld(bool keep_mode);
  HockeyWorld(const HockeyWorld&) = delete;
  HockeyWorld& operator=(const HockeyWorld&) = delete;

  // Replaces the engine's world: nothing of its history is left.
  void renew();
  // Destroys all bodies, in the original's order: it decides over the numbers that the engine's
  // collision tree gives to the next ones, and so over the order in which contacts are solved.
  void clear();
  // Creates all bodies at rest; the left racket stands where it always starts.
  void build(ScenePoint right_racket, ScenePoint puck);
  // Looks for contacts now rather than at the beginning of the next step.
  void find_contacts();
  void step();

  b2Body& player(HockeySide side) { return *players_[static_cast<int>(side)]; }
  const b2Body& player(HockeySide side) const { return *players_[static_cast<int>(side)]; }
  b2Body& puck() { return *puck_; }
  const b2Body& puck() const { return *puck_; }
  int num_touching_contacts() const;

  MatchState match;

 private:
  std::optional<b2World> world_;
  ContactListener listener_{match};
  std::vector<b2Body*> field_;  // decorations and walls
  std::array<b2Body*, 2> goals_{};
  std::array<b2Body*, 2> players_{};
  b2Body* puck_ = nullptr;
};

}  // namespace foresight

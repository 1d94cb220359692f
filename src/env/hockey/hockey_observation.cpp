// The part of HockeyGame that looks: observations, infos and rewards of both sides.
#include <cmath>

#include "base/error.h"
#include "env/hockey/hockey_game.h"
#include "env/hockey/hockey_world.h"

namespace foresight {
namespace {

constexpr HockeySide other_side(HockeySide side) {
  return side == HockeySide::kLeft ? HockeySide::kRight : HockeySide::kLeft;
}

// Relative to the centre, seen from the left, or turned by half a turn for the right side. All in
// single precision; a turned zero is -0.
b2Vec2 seen(b2Vec2 vector, HockeySide side) { return side == HockeySide::kLeft ? vector : -vector; }

b2Vec2 from_center(const b2Body& body) {
  const b2Vec2 center(static_cast<float>(HockeyRules::kCenterX),
                      static_cast<float>(HockeyRules::kCenterY));
  return body.GetPosition() - center;
}

template <typename Number>
void write_vector(b2Vec2 vector, std::span<Number, 2> target) {
  target[0] = vector.x;
  target[1] = vector.y;
}

// Angles have no direction that half a turn would change.
template <typename Number>
void write_player(const b2Body& player, HockeySide viewer, std::span<Number, 6> target) {
  write_vector(seen(from_center(player), viewer), target.template first<2>());
  target[2] = player.GetAngle();
  write_vector(seen(player.GetLinearVelocity(), viewer), target.template subspan<3, 2>());
  target[5] = player.GetAngularVelocity();
}

double distance(const b2Body& a, const b2Body& b) {
  const b2Vec2 gap = a.GetPosition() - b.GetPosition();  // single precision, as in the original
  const double dx = gap.x;
  const double dy = gap.y;
  return std::sqrt(dx * dx + dy * dy);
}

}  // namespace

template <typename Number>
void HockeyGame::write_observation(HockeySide side, std::span<Number> observation) const {
  FS_DCHECK(observation.size() >= static_cast<std::size_t>(observation_dim()),
            "no room for the observation: {} numbers", observation.size());
  const b2Body& puck = world_->puck();
  write_player(world_->player(side), side, observation.template subspan<0, 6>());
  write_player(world_->player(other_side(side)), side, observation.template subspan<6, 6>());
  write_vector(seen(from_center(puck), side), observation.template subspan<12, 2>());
  write_vector(seen(puck.GetLinearVelocity(), side), observation.template subspan<14, 2>());
  if (!keep_mode()) return;
  observation[16] = static_cast<Number>(has_puck(side));
  observation[17] = static_cast<Number>(has_puck(other_side(side)));
}

void HockeyGame::observe(HockeySide side, std::span<double> observation) const {
  write_observation(side, observation);
}

void HockeyGame::observe(HockeySide side, std::span<float> observation) const {
  write_observation(side, observation);
}

HockeyInfo HockeyGame::info(HockeySide side) const {
  const bool is_left = side == HockeySide::kLeft;
  const b2Body& puck = world_->puck();
  const double x = puck.GetPosition().x;
  const double vx = puck.GetLinearVelocity().x;
  HockeyInfo info;
  info.winner = is_left ? winner() : -winner();

  const bool must_defend =
      is_left ? x < HockeyRules::kCenterX && vx <= 0 : x > HockeyRules::kCenterX && vx >= 0;
  if (must_defend) {
    constexpr double kFarthest = 250. / HockeyRules::kPixelsPerUnit;
    const double factor = -30. / (kFarthest * max_steps_ / 2);
    info.closeness += distance(world_->player(side), puck) * factor;
  }
  if (has_puck(side) == HockeyRules::kHoldSteps) info.touch = 1.0;
  info.direction = vx * ((is_left ? 1. : -1.) / (max_steps_ * HockeyRules::kMaxPuckSpeed));
  return info;
}

double HockeyGame::goal_reward(HockeySide side) const {
  const double reward = done() ? HockeyRules::kGoalReward * winner() : 0.0;
  return side == HockeySide::kLeft ? reward : -reward;
}

double HockeyGame::reward(HockeySide side) const {
  return goal_reward(side) + info(side).closeness;
}

}  // namespace foresight

#include "env/hockey/hockey_game.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.h"
#include "env/hockey/hockey_world.h"
#include "env/hockey/player_control.h"

namespace foresight {
namespace {

constexpr std::array kBothSides{HockeySide::kLeft, HockeySide::kRight};

std::uint64_t seed_from_system() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

HockeyBody body_of(const b2Body& body) {
  return {.x = body.GetPosition().x,
          .y = body.GetPosition().y,
          .angle = body.GetAngle(),
          .vx = body.GetLinearVelocity().x,
          .vy = body.GetLinearVelocity().y,
          .angular_velocity = body.GetAngularVelocity(),
          .is_awake = body.IsAwake()};
}

// [-1, 1] in double, then single precision; NaN stays NaN.
float clipped(double action) { return static_cast<float>(std::clamp(action, -1.0, 1.0)); }

// state: x, y (relative to the centre), angle, vx, vy, angular velocity. The position is set with
// the old angle first, as in the original.
void set_player(b2Body& player, std::span<const double, 6> state) {
  const b2Vec2 position(static_cast<float>(state[0] + HockeyRules::kCenterX),
                        static_cast<float>(state[1] + HockeyRules::kCenterY));
  player.SetTransform(position, player.GetAngle());
  player.SetTransform(player.GetPosition(), static_cast<float>(state[2]));
  player.SetLinearVelocity({static_cast<float>(state[3]), static_cast<float>(state[4])});
  player.SetAngularVelocity(static_cast<float>(state[5]));
}

void copy_body(b2Body& target, const b2Body& source) {
  target.SetAwake(false);  // drops forces that wait for a step
  target.SetTransform(source.GetPosition(), source.GetAngle());
  target.SetLinearVelocity(source.GetLinearVelocity());
  target.SetAngularVelocity(source.GetAngularVelocity());
  target.SetLinearDamping(source.GetLinearDamping());
  target.SetAngularDamping(source.GetAngularDamping());
  target.SetAwake(source.IsAwake());
}

}  // namespace

HockeyGame::HockeyGame(HockeyMode mode, bool keep_mode, std::optional<std::uint64_t> seed)
    : world_(std::make_unique<HockeyWorld>(keep_mode)), mode_(mode) {
  reset(/*left_starts=*/true, seed);
}

HockeyGame::HockeyGame(HockeyMode mode, bool keep_mode, UniformSource& draws)
    : world_(std::make_unique<HockeyWorld>(keep_mode)), mode_(mode) {
  reset(/*left_starts=*/true, draws);
}

HockeyGame::~HockeyGame() = default;
HockeyGame::HockeyGame(HockeyGame&&) noexcept = default;
HockeyGame& HockeyGame::operator=(HockeyGame&&) noexcept = default;

void HockeyGame::reset(std::optional<bool> left_starts, std::optional<std::uint64_t> seed) {
  NumpyGenerator generator(seed ? *seed : seed_from_system());
  reset(left_starts, generator);
}

void HockeyGame::reset(std::optional<bool> left_starts, UniformSource& draws) {
  world_->clear();
  begin_episode(left_starts);
  place_bodies(draws);
}

void HockeyGame::forget_history() {
  world_->renew();
  world_->match.has_puck = {};
}

void HockeyGame::find_contacts() { world_->find_contacts(); }

void HockeyGame::begin_episode(std::optional<bool> left_starts) {
  world_->match.done = false;
  world_->match.winner = 0;
  elapsed_steps_ = 0;
  pending_puck_force_ = {};
  max_steps_ = HockeyRules::max_steps(mode_);
  if (mode_ == HockeyMode::kNormal) left_starts_ = left_starts.value_or(!left_starts_);
}

void HockeyGame::place_bodies(UniformSource& draws) {
  constexpr double kW = HockeyRules::kWidth;
  constexpr double kH = HockeyRules::kHeight;
  ScenePoint right_racket{4 * kW / 5, kH / 2};
  if (mode_ != HockeyMode::kNormal) {
    right_racket.x += draws.uniform(-kW / 3, kW / 6);
    right_racket.y += draws.uniform(-kH / 4, kH / 4);
  }
  if (mode_ == HockeyMode::kDefense) {
    const double x = kW / 2 + draws.uniform(0, kW / 3);
    const double y = kH / 2 + 0.8 * draws.uniform(-kH / 2, kH / 2);
    world_->build(right_racket, {x, y});
    constexpr double kGoal = 75 / HockeyRules::kPixelsPerUnit;
    aim_at_left_goal(.6 * draws.uniform(-kGoal, kGoal));
    return;
  }
  const bool is_left = left_starts_ || mode_ == HockeyMode::kShooting;
  const double offset = draws.uniform(kH / 8, kH / 4);
  const double x = is_left ? kW / 2 - offset : kW / 2 + offset;
  world_->build(right_racket, {x, kH / 2 + draws.uniform(-kH / 8, kH / 8)});
}

// The shot waits for the next step: until then the puck rests. Single precision throughout, one
// operation after the other as in the original.
void HockeyGame::aim_at_left_goal(double target_offset) {
  b2Body& puck = world_->puck();
  const b2Vec2 target(0.0f, static_cast<float>(HockeyRules::kHeight / 2 + target_offset));
  const b2Vec2 way = puck.GetPosition() - target;
  const float length = std::sqrt(way.x * way.x + way.y * way.y);
  constexpr auto kStep = static_cast<float>(HockeyRules::kTimeStep);
  const auto component = [&](float offset) {
    return -(offset / length) * HockeyRules::kShotSpeed * puck.GetMass() / kStep;
  };
  pending_puck_force_ = {component(way.x), component(way.y)};
  puck.ApplyForceToCenter({pending_puck_force_[0], pending_puck_force_[1]}, /*wake=*/true);
}

void HockeyGame::step(std::span<const double> action) {
  const int num_actions = action_dim();
  FS_CHECK(action.size() == static_cast<std::size_t>(2 * num_actions),
           "an action of {} numbers where {} are needed", action.size(), 2 * num_actions);
  const auto at = [&](HockeySide side, int index) {
    return clipped(action[static_cast<int>(side) * num_actions + index]);
  };

  for (const auto side : kBothSides) {
    push_player(world_->player(side), side, {at(side, 0), at(side, 1)});
    turn_player(world_->player(side), at(side, 2));
  }

  b2Body& puck = world_->puck();
  const double vx = puck.GetLinearVelocity().x;
  const double vy = puck.GetLinearVelocity().y;
  const bool is_too_fast = std::sqrt(vx * vx + vy * vy) > HockeyRules::kMaxPuckSpeed;
  puck.SetLinearDamping(is_too_fast ? 10.0f : 0.05f);

  if (keep_mode()) {
    for (const auto side : kBothSides) carry_or_shoot(side, at(side, 3) > 0.5f);
  }

  world_->step();
  pending_puck_force_ = {};

  if (elapsed_steps_ >= max_steps_) world_->match.done = true;
  ++elapsed_steps_;  // after the test: a full game lasts max_steps() + 1 steps
}

// A counter of exactly 1, which only set_state makes, stays: the puck is neither carried nor free.
void HockeyGame::carry_or_shoot(HockeySide side, bool wants_shot) {
  double& has_puck = world_->match.has_puck[static_cast<int>(side)];
  if (!(has_puck > 1)) return;
  const b2Body& player = world_->player(side);
  b2Body& puck = world_->puck();
  puck.SetTransform(player.GetPosition(), puck.GetAngle());
  puck.SetLinearVelocity(player.GetLinearVelocity());
  has_puck -= 1;
  if (has_puck != 1 && !wants_shot) return;

  const double angle = player.GetAngle();
  const double direction = side == HockeySide::kLeft ? 1.0 : -1.0;
  constexpr auto kStep = static_cast<float>(HockeyRules::kTimeStep);
  const auto component = [&](double along) {
    return static_cast<float>(along * direction) * puck.GetMass() / kStep * HockeyRules::kShotSpeed;
  };
  puck.ApplyForceToCenter({component(std::cos(angle)), component(std::sin(angle))}, /*wake=*/true);
  has_puck = 0;
}

void HockeyGame::set_state(std::span<const double> state) {
  FS_CHECK(state.size() >= static_cast<std::size_t>(observation_dim()),
           "a state of {} numbers where {} are needed", state.size(), observation_dim());
  set_player(world_->player(HockeySide::kLeft), state.subspan<0, 6>());
  set_player(world_->player(HockeySide::kRight), state.subspan<6, 6>());
  b2Body& puck = world_->puck();
  puck.SetTransform({static_cast<float>(state[12] + HockeyRules::kCenterX),
                     static_cast<float>(state[13] + HockeyRules::kCenterY)},
                    puck.GetAngle());
  puck.SetLinearVelocity({static_cast<float>(state[14]), static_cast<float>(state[15])});
  if (keep_mode()) world_->match.has_puck = {state[16], state[17]};
}

void HockeyGame::copy_state(const HockeyGame& other) {
  FS_CHECK(keep_mode() == other.keep_mode(), "the games differ in keep_mode");
  for (const auto side : kBothSides) copy_body(world_->player(side), other.world_->player(side));
  copy_body(world_->puck(), other.world_->puck());
  world_->match = other.world_->match;
  mode_ = other.mode_;
  left_starts_ = other.left_starts_;
  max_steps_ = other.max_steps_;
  elapsed_steps_ = other.elapsed_steps_;
  pending_puck_force_ = other.pending_puck_force_;
  world_->puck().ApplyForceToCenter({pending_puck_force_[0], pending_puck_force_[1]},
                                    /*wake=*/false);
}

bool HockeyGame::keep_mode() const { return world_->match.keep_mode; }
bool HockeyGame::done() const { return world_->match.done; }
int HockeyGame::winner() const { return world_->match.winner; }
double HockeyGame::has_puck(HockeySide side) const {
  return world_->match.has_puck[static_cast<int>(side)];
}
HockeyBody HockeyGame::player(HockeySide side) const { return body_of(world_->player(side)); }
HockeyBody HockeyGame::puck() const { return body_of(world_->puck()); }
std::array<float, 2> HockeyGame::pending_puck_force() const { return pending_puck_force_; }
int HockeyGame::num_touching_contacts() const { return world_->num_touching_contacts(); }

}  // namespace foresight

#include "env/hockey/basic_opponent.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "env/hockey/hockey_rules.h"

namespace foresight {
namespace {

constexpr double kMaxPhaseStep = 0.2;
constexpr double kDamping = 0.5;
constexpr double kPuckLeaves = 30.0 / HockeyRules::kPixelsPerUnit;
constexpr double kReach = 30.0 / HockeyRules::kPixelsPerUnit;
constexpr double kGuardX = -210 / HockeyRules::kPixelsPerUnit;
constexpr std::array kBrakeTime{0.1, 0.1, 0.1 * 10};

// Where the racket should be: x, y.
std::array<double, 2> target_position(std::span<const double> observation) {
  const double x = observation[0];
  const double y = observation[1];
  const double puck_x = observation[12];
  const double puck_y = observation[13];
  if (!(observation[14] < kPuckLeaves)) return {kGuardX, 0.0};
  if (!(x < puck_x && std::abs(y - puck_y) < kReach)) return {kGuardX, puck_y};
  const double dx = x - puck_x;
  const double dy = y - puck_y;
  const double distance = std::sqrt(dx * dx + dy * dy);
  return {puck_x + 0.2, puck_y + observation[15] * distance * 0.1};
}

}  // namespace

std::array<double, 4> basic_opponent_action(OpponentStrength strength, bool keep_mode, double phase,
                                            std::span<const double> observation) {
  FS_DCHECK(observation.size() >= (keep_mode ? 18u : 16u), "an observation of {} numbers",
            observation.size());
  const double gain = strength == OpponentStrength::kWeak ? 0.5 : 10.0;
  const std::array gains{gain, gain / 5, gain / 2};
  const auto position = target_position(observation);
  const std::array target{position[0], position[1], HockeyRules::kMaxAngle * std::sin(phase)};

  std::array<double, 4> action{};
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double error = target[i] - observation[i];
    const double velocity = observation[3 + i];
    const bool must_brake = std::abs(error / (velocity + 0.01)) < kBrakeTime[i];
    const double brake = must_brake ? 1.0 : 0.0;
    action[i] = std::clamp(error * gains[i] - velocity * brake * kDamping, -1.0, 1.0);
  }
  if (keep_mode && observation[16] > 0 && observation[16] < 7) action[3] = 1.0;
  return action;
}

BasicOpponent::BasicOpponent(OpponentStrength strength, bool keep_mode, std::uint32_t seed)
    : strength_(strength), keep_mode_(keep_mode), random_(seed) {
  reseed(seed);
}

void BasicOpponent::reseed(std::uint32_t seed) {
  random_ = NumpyLegacyRandom(seed);
  phase_ = random_.uniform(0, std::numbers::pi);
}

std::array<double, 4> BasicOpponent::act(std::span<const double> observation) {
  phase_ += random_.uniform(0, kMaxPhaseStep);
  return basic_opponent_action(strength_, keep_mode_, phase_, observation);
}

std::array<double, 4> BasicOpponent::act(std::span<const float> observation) {
  std::array<double, 18> wide{};
  const std::size_t size = std::min(observation.size(), wide.size());
  std::copy_n(observation.begin(), size, wide.begin());
  return act(std::span<const double>(wide).first(size));
}

}  // namespace foresight

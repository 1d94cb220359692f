// The scripted opponent of the original, weak or strong: follows the puck on a PD rule while its
// racket swings, waits near its goal otherwise.
// Source: martius-lab/hockey-env 2.6, hockey/hockey_env.py, BasicOpponent.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "env/hockey/numpy_rng.h"

namespace foresight {

enum class OpponentStrength : std::int8_t { kWeak, kStrong };

class BasicOpponent {
 public:
  // The swing's phase comes from numpy's global generator, as after np.random.seed(seed).
  BasicOpponent(OpponentStrength strength, bool keep_mode, std::uint32_t seed);

  // Starts over as if just constructed with this seed. (The original never does between episodes.)
  void reseed(std::uint32_t seed);

  // observation [>= 16 or 18] of the bot's own side -> force x, force y, torque, shoot in [-1, 1];
  // shoot is 0 without keep_mode. Advances the phase first.
  std::array<double, 4> act(std::span<const double> observation);
  std::array<double, 4> act(std::span<const float> observation);

  double phase() const { return phase_; }

 private:
  OpponentStrength strength_;
  bool keep_mode_;
  NumpyLegacyRandom random_;
  double phase_ = 0.0;
};

// The rule itself at a given phase (radians).
std::array<double, 4> basic_opponent_action(OpponentStrength strength, bool keep_mode, double phase,
                                            std::span<const double> observation);

}  // namespace foresight

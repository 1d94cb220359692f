// A league's game: rounds of laser hockey between two players, as the tournament plays it. The left
// player sees the field as it is, the right one its mirror image, and each acts in its own view.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "env/env.h"

namespace foresight {

class LeagueGame {
 public:
  static constexpr std::int64_t kNumRounds = 4;

  // Who has the puck first alternates from round to round, beginning with the left player for an
  // even seed; the rest of the layout follows from the seed too.
  explicit LeagueGame(std::uint64_t seed, std::int64_t num_rounds = kNumRounds);

  // [18], valid until play(). side 0 is left.
  std::span<const float> observation(int side) const { return env_->observation(side); }
  // One step with an action [4] of each, finite. A round that ends is counted, the next begins.
  void play(std::span<const float> left, std::span<const float> right);

  bool is_over() const { return round_ >= num_rounds_; }
  std::int64_t steps() const { return steps_; }
  const std::array<std::int64_t, 2>& score() const { return score_; }  // rounds won

 private:
  void begin_round();

  std::unique_ptr<Env> env_;
  std::uint64_t seed_;
  std::int64_t num_rounds_;
  std::int64_t round_ = 0;
  std::int64_t steps_ = 0;
  std::array<std::int64_t, 2> score_{};
  std::vector<float> actions_;
};

}  // namespace foresight

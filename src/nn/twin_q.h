// Two value functions q(s, a), their slow copies, and how they learn by squared errors; without
// autograd. Source: Fujimoto et al. 2018, arXiv:1802.09477, clipped double Q-learning; losses and
// order of operations as stable_baselines3 2.9, sac.py, SAC.train.
// Axes: B rows, O observation, A action.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ranks.h"
#include "nn/adam.h"
#include "nn/mlp_tape.h"

namespace foresight {

struct TwinQConfig {
  std::int64_t observation_dim = 0;
  std::int64_t action_dim = 0;
  std::vector<std::int64_t> hidden{256, 256};
  double learning_rate = 3e-4;
  double grad_clip_norm = 0.0;  // 0: none
};

// s [B, O] and a [B, A].
struct QInput {
  std::span<const float> observation;
  std::span<const float> action;
};

class TwinQ {
 public:
  // Weights as torch.nn.Linear starts them; the copies start equal.
  TwinQ(const TwinQConfig& config, Rng& rng);
  TwinQ(const TwinQ&) = delete;  // the tapes point into it

  // From now on fit() learns from equal shares of a batch that the ranks hold.
  void join(Ranks& ranks) { ranks_ = &ranks; }

  // min of both slow copies, [B], valid until the next call.
  std::span<const float> target_min(const QInput& input);

  // One Adam step on sum over both of mean(w (q - target)^2) / 2, which is returned (with several
  // ranks: of this one's share).
  // target [B]; weight [B] importance weights, or empty.
  double fit(const QInput& input, std::span<const float> target, std::span<const float> weight);
  // After fit(): q - target of both before the step, [2, B].
  std::span<const float> errors() const { return errors_; }

  enum class Which { kMinimum, kFirst };
  // min of both (or the first) at each row, [B], and its slope by the action, slope [B, A].
  std::span<const float> value_and_slope(const QInput& input, Which which, std::span<float> slope);

  // copies += tau (online - copies).
  void move_target(double tau);
  void copy_to_target() { move_target(1.0); }

  const Mlp& mlp() const { return mlp_; }
  ParameterSet& online() { return online_; }
  const ParameterSet& online() const { return online_; }
  ParameterSet& target() { return target_; }
  const ParameterSet& target() const { return target_; }
  Adam& optimiser() { return *optimiser_; }
  const Adam& optimiser() const { return *optimiser_; }

 private:
  std::span<const float> join(const QInput& input);  // [B, O + A]

  TwinQConfig config_;
  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  ParameterSet online_;
  ParameterSet target_;
  Mlp mlp_;
  Mlp target_mlp_;
  std::optional<Adam> optimiser_;
  std::optional<MlpTape> tape_;
  std::optional<MlpTape> target_tape_;
  std::vector<float> input_;       // [B, O + A]
  std::vector<float> result_;      // [B]
  std::vector<float> errors_;      // [2, B]
  std::vector<float> grad_q_;      // [2, B]
  std::vector<float> grad_input_;  // [B, O + A]
};

}  // namespace foresight

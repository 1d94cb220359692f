// One gradient update of SAC: temperature, both value functions, policy, slow copies. A function of
// its batch and of random numbers drawn beforehand; written out by hand, without autograd.
// Sources: Haarnoja et al. 2018, arXiv:1812.05905, equations 5 to 7 and 18; order of operations as
// stable_baselines3 2.9, sac.py, SAC.train. Axes: B batch, O observation, A action.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "agent/sac/sac_config.h"
#include "nn/adam.h"
#include "nn/mlp_tape.h"
#include "nn/twin_q.h"

namespace foresight {

// What one update saw and did, before its steps.
struct SacUpdateResult {
  double critic_loss = 0.0;
  double actor_loss = 0.0;
  double temperature_loss = 0.0;
  double temperature = 0.0;
  double entropy = 0.0;  // mean of -log pi
  double value = 0.0;    // mean of the smaller value of the policy's actions
  double target = 0.0;   // mean
  double critic_grad_norm = 0.0;
  double actor_grad_norm = 0.0;
};

class SacLearner {
 public:
  SacLearner(const SacLearnerConfig& config, const EnvSpec& env, std::uint64_t seed);
  SacLearner(const SacLearner&) = delete;  // the tape points into it

  // From now on update() learns from this rank's share of the batch: all ranks' gradients are
  // averaged, what it returns is of the share.
  void join(Ranks& ranks);

  // eps [2, B, A], N(0, 1): of the actions before, and n steps later.
  SacUpdateResult update(const TransitionBatch& batch, std::span<const float> eps);

  // Of the last update: targets [B]; mean of both |q - target| [B], the steps' priorities.
  std::span<const float> targets() const { return target_; }
  std::span<const float> priorities() const { return priority_; }

  const Mlp& actor() const { return actor_mlp_; }
  ParameterSet& actor_parameters() { return actor_; }
  const ParameterSet& actor_parameters() const { return actor_; }
  Adam& actor_optimiser() { return *actor_optimiser_; }
  const Adam& actor_optimiser() const { return *actor_optimiser_; }
  TwinQ& critics() { return *critics_; }
  const TwinQ& critics() const { return *critics_; }
  // One entry, "log_temperature" [1].
  ParameterSet& temperature_parameters() { return temperature_; }
  const ParameterSet& temperature_parameters() const { return temperature_; }
  Adam& temperature_optimiser() { return *temperature_optimiser_; }
  const Adam& temperature_optimiser() const { return *temperature_optimiser_; }
  double temperature() const;

 private:
  void sample_actions(std::span<const float> raw, std::span<const float> eps);
  void update_temperature(std::int64_t batch_size, SacUpdateResult& result);
  void update_critics(const TransitionBatch& batch, double temperature, SacUpdateResult& result);
  void update_actor(const TransitionBatch& batch, std::span<const float> raw,
                    std::span<const float> eps, double temperature, SacUpdateResult& result);
  double max_norm() const;

  SacLearnerConfig config_;
  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  ParameterSet actor_;
  ParameterSet temperature_;
  Mlp actor_mlp_;  // observation -> mean, log-deviation: [2 A]
  std::optional<MlpTape> actor_tape_;
  std::optional<Adam> actor_optimiser_;
  std::optional<Adam> temperature_optimiser_;
  std::optional<TwinQ> critics_;
  std::vector<float> action_;    // [2, B, A]
  std::vector<float> log_prob_;  // [2, B]
  std::vector<float> target_;    // [B]
  std::vector<float> priority_;  // [B]
  std::vector<float> slope_;     // [B, A], of the smaller value
  std::vector<float> grad_raw_;  // [B, 2 A]
};

}  // namespace foresight

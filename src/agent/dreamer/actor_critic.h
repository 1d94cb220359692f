// Behaviour learned in the dream: imagine with the policy, give each state a lambda-return, move
// the policy towards what pays and the critic towards the return. Reference: danijar/dreamerv2,
// dreamerv2/agent.py, ActorCritic and WorldModel.imagine; Hafner et al. 2021, equations 3 to 6.
// Axes: H horizon, N start states, F features, A action.
#pragma once

#include <memory>

#include "agent/dreamer/actor_critic_config.h"
#include "agent/dreamer/schedule.h"
#include "world_model/rssm/rssm_world_model.h"

namespace foresight {

// A world model with frozen weights, to dream in.
struct DreamWorld {
  const RssmWorldModel& model;
  const Weights& weights;  // constants
};

// Entry 0 is the replayed state with an action of zeros; action t led into state t.
struct Dream {
  std::vector<RssmState> states;  // H + 1, each [N, ...]
  Tensor features;                // [H + 1, N, F]
  Tensor action;                  // [H + 1, N, A]
  Tensor reward;                  // [H + 1, N], normed
  Tensor discount;                // [H + 1, N]
  Tensor weight;                  // [H + 1, N], product of the discounts before
};

// What the schedules say now: [] each, double.
struct BehaviourScales {
  Tensor entropy;
  Tensor gradient_mix;
};

// Numbers to report, [] each.
using NamedNumbers = std::vector<std::pair<const char*, Tensor>>;

// Random numbers of one update.
struct DreamDraws {
  Tensor prior;    // [H, N, ...], of the latent states
  Tensor action;   // [H, N, A], as ActionDistribution::sample wants them
  Tensor entropy;  // [100, H - 1, N, A] for the tanh-normal policy, or undefined
};

struct ActorCriticLoss {
  Tensor actor;       // scalar
  Tensor critic;      // scalar
  Tensor target;      // [H, N]
  Tensor slow_value;  // [H + 1, N]
  Tensor value;       // [H, N]
  Tensor entropy;     // [H - 1, N]
  Tensor log_prob;    // [H - 1, N]; undefined unless the gradient uses it
};

class ActorCritic {
 public:
  enum class Gradient { kDynamics, kReinforce, kBoth };

  ActorCritic(const ActorCriticConfig& config, const WorldModelConfig& world, double discount,
              std::int64_t action_dim, bool is_discrete, const torch::Device& device,
              std::uint64_t seed);
  ActorCritic(const ActorCritic&) = delete;

  // From now on an update begins from this rank's share of the start states; gradients, and the
  // size of rewards, are of all ranks'.
  void join(Ranks& ranks) { ranks_ = &ranks; }

  // One update from start states [N, ...], of which is_terminal [N] are over, in three parts: what
  // the host knows of it, the work, which can be recorded as a CUDA graph, and what the host
  // decides by the update's number.
  void count_update();
  NamedNumbers apply_update(const DreamWorld& world, const RssmState& start,
                            const Tensor& is_terminal, const DreamDraws& draws,
                            const BehaviourScales& scales);
  void update_slow_target();
  // `steps` are the agent's so far.
  BehaviourScales scales_at(std::int64_t steps) const;
  // Parts of the work.
  Dream imagine(const DreamWorld& world, const RssmState& start, const Tensor& is_terminal,
                const DreamDraws& draws);
  ActorCriticLoss losses(const Dream& dream, const DreamDraws& draws,
                         const BehaviourScales& scales) const;

  const Policy& policy() const { return *policy_; }
  const Weights& policy_weights() const { return actor_constants_; }  // constants
  ActionDistribution act(const Tensor& features) const;               // without gradient
  const ScalarHead& critic() const { return *critic_head_; }
  ParameterSet& actor_parameters() { return actor_; }
  ParameterSet& critic_parameters() { return critic_; }
  ParameterSet& slow_parameters() { return slow_; }
  const ParameterSet& actor_parameters() const { return actor_; }
  const ParameterSet& critic_parameters() const { return critic_; }
  const ParameterSet& slow_parameters() const { return slow_; }
  KerasAdam& actor_optimiser() { return *actor_optimiser_; }
  KerasAdam& critic_optimiser() { return *critic_optimiser_; }
  const KerasAdam& actor_optimiser() const { return *actor_optimiser_; }
  const KerasAdam& critic_optimiser() const { return *critic_optimiser_; }
  StreamNorm& reward_norm() { return reward_norm_; }
  const StreamNorm& reward_norm() const { return reward_norm_; }
  std::int64_t num_updates() const { return num_updates_; }
  void set_num_updates(std::int64_t count) { num_updates_ = count; }
  Gradient gradient() const { return gradient_; }
  const ActorCriticConfig& config() const { return config_; }

 private:
  Tensor objective(const ActorCriticLoss& result, const Tensor& gradient_mix) const;

  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  ActorCriticConfig config_;
  double discount_;
  Gradient gradient_;
  Schedule gradient_mix_;
  Schedule entropy_scale_;
  StreamNorm reward_norm_;
  ParameterSet actor_;
  ParameterSet critic_;
  ParameterSet slow_;
  std::unique_ptr<Policy> policy_;
  std::unique_ptr<ScalarHead> critic_head_;
  Weights actor_weights_;
  Weights actor_constants_;
  Weights critic_weights_;
  Weights slow_weights_;
  std::unique_ptr<KerasAdam> actor_optimiser_;
  std::unique_ptr<KerasAdam> critic_optimiser_;
  std::int64_t num_updates_ = 0;
};

}  // namespace foresight

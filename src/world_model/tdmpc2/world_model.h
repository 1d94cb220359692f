// TD-MPC2's networks: encoder, latent dynamics, reward, Q ensemble with its target, policy, and the
// optional predictor of the end. One implementation for the official agent and the hockey variant.
// Reference: nicklashansen/tdmpc2@e9f5932, common/world_model.py, WorldModel.
// Axes: any leading axes ..., O observation, Z latent, A action, K bins, E ensemble members.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nn/mlp.h"
#include "nn/parameters.h"
#include "nn/pixel_encoder.h"
#include "nn/squashed_gaussian.h"
#include "nn/two_hot.h"
#include "world_model/tdmpc2/model_config.h"
#include "world_model/tdmpc2/opponent_clones.h"
#include "world_model/tdmpc2/policy_network.h"
#include "world_model/tdmpc2/task_embeddings.h"

namespace foresight {

enum class TerminationInput { kNone, kNextLatent, kLatentAction };

class WorldModel {
 public:
  WorldModel(const Tdmpc2ModelConfig& config, std::int64_t observation_dim, std::int64_t action_dim,
             const torch::Device& device, std::uint64_t seed);

  // Every network of a model of several tasks reads whose state it is: `task` as look_up() gives
  // it. Models of one task take none.
  TaskContext look_up(const Tensor& task_ids) const {  // [B] int64; see TaskEmbeddings
    return tasks_.look_up(model_, task_ids);
  }
  // [..., O], or pictures [..., C, 64, 64] that were shifted before (shift_images) -> [..., Z]
  Tensor encode(const Tensor& observation, const TaskContext& task = {}) const;
  // -> [..., Z]. Dynamics that read the opponent's action [..., A] take 0 where it is undefined;
  // the others read none.
  Tensor next(const Tensor& z, const Tensor& action, const Tensor& opponent_action = {},
              const TaskContext& task = {}) const;
  // The same against the clones with these ids [...] int64 (undefined: nobody), whose actions are
  // constants to the gradient.
  Tensor next_against(const Tensor& z, const Tensor& action, const Tensor& ids,
                      const TaskContext& task = {}) const;
  // -> [..., K]
  Tensor reward_logits(const Tensor& z, const Tensor& action, const TaskContext& task = {}) const;
  // -> [..., 1], reward units
  Tensor reward(const Tensor& z, const Tensor& action, const TaskContext& task = {}) const;
  // The logit of an end after `action` in z, which leads to next_z; either the one or the other is
  // read, see termination_input(). -> [..., 1]
  Tensor termination_logit(const Tensor& z, const Tensor& action, const Tensor& next_z) const;

  struct PolicyOutput {
    Tensor mean;     // [..., A], before tanh
    Tensor log_std;  // [..., A], bounded
  };
  // Both are 0 at padded actions, and so is what is sampled there.
  PolicyOutput policy(const Tensor& z, const TaskContext& task = {}) const;
  // eps [..., A]
  PolicySample sample_policy(const Tensor& z, const Tensor& eps,
                             const TaskContext& task = {}) const;
  Tensor mean_action(const Tensor& z, const TaskContext& task = {}) const;  // tanh(mean)

  // Which parameters a Q is computed with.
  enum class QSet { kOnline, kFrozen, kTarget };  // frozen: online, as constants
  // -> logits [E or K, ..., bins]; `members` [K] int64 picks some, undefined means all;
  // dropout_mask [E or K, rows, hidden0] or undefined.
  Tensor q_logits(const Tensor& z, const Tensor& action, QSet set, const Tensor& members = {},
                  const Tensor& dropout_mask = {}, const TaskContext& task = {}) const;
  // q_logits decoded: -> [E or K, ..., 1].
  Tensor q_values(const Tensor& z, const Tensor& action, QSet set, const Tensor& members = {},
                  const Tensor& dropout_mask = {}, const TaskContext& task = {}) const;

  // target += tau * (online - target).
  void update_target(double tau);
  void copy_q_to_target();

  // Encoder, dynamics, reward, end predictor, Q, task embeddings: what the model loss trains.
  ParameterSet& model_parameters() { return model_; }
  const ParameterSet& model_parameters() const { return model_; }
  ParameterSet& policy_parameters() { return policy_; }
  const ParameterSet& policy_parameters() const { return policy_; }
  const ParameterSet& target_parameters() const { return target_; }
  // The imitated opponents; size() 0 where the dynamics read no opponent.
  OpponentClones& opponents() { return opponents_; }
  const OpponentClones& opponents() const { return opponents_; }
  const TaskEmbeddings& tasks() const { return tasks_; }      // num_tasks() 0: one task
  Tensor task_table() const { return tasks_.table(model_); }  // [tasks, D], detached
  // Every tensor by name: `encoder.0.weight`, ..., `policy.…`, `target_q.…`, `opponent0.…`.
  void for_each_tensor(const std::function<void(const std::string&, const Tensor&)>& visit) const;

  struct Network {
    std::string name;
    std::string purpose;
    std::vector<std::string> layers;
    std::int64_t parameters = 0;
  };
  std::vector<Network> networks() const;

  const Tdmpc2ModelConfig& config() const { return config_; }
  const TwoHotConfig& bins() const { return bins_; }
  const LogStdConfig& log_std_config() const { return log_std_; }
  TerminationInput termination_input() const { return termination_input_; }
  bool sees_pixels() const { return config_.image_channels > 0; }
  std::int64_t observation_dim() const { return observation_dim_; }
  std::int64_t action_dim() const { return action_dim_; }
  torch::Device device() const { return device_; }

  const Mlp& encoder_network() const { return encoder_; }
  const Mlp& dynamics_network() const { return dynamics_; }
  const Mlp& reward_network() const { return reward_; }
  const Mlp& termination_network() const { return termination_; }
  const PolicyNetwork& policy_network() const { return policy_network_; }
  const Mlp& q_network() const { return q_; }
  const Mlp& target_q_network() const { return target_q_; }

 private:
  void declare_networks();

  Tdmpc2ModelConfig config_;
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  torch::Device device_;
  TwoHotConfig bins_;
  LogStdConfig log_std_;
  TerminationInput termination_input_ = TerminationInput::kNone;
  ParameterSet model_;
  ParameterSet policy_;
  ParameterSet target_;
  Mlp encoder_, dynamics_, reward_, termination_, q_, target_q_;
  PixelEncoder pixel_encoder_;  // instead of encoder_ where pictures are seen
  PolicyNetwork policy_network_;
  OpponentClones opponents_;
  TaskEmbeddings tasks_;
};

}  // namespace foresight

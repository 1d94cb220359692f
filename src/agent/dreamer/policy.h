// The actor's network and the distributions over actions that it can speak of.
// Reference: danijar/dreamerv2, common/nets.py, MLP with DistLayer; common/other.py, action_noise.
// Axes: F features, A action.
#pragma once

#include <string>

#include "nn/dense.h"
#include "nn/tanh_normal.h"
#include "nn/truncated_normal.h"
#include "world_model/rssm/model_config.h"

namespace foresight {

enum class ActionKind { kOneHot, kTruncatedNormal, kTanhNormal };

struct PolicyConfig {
  std::vector<std::int64_t> hidden{400, 400, 400, 400};
  std::string norm = "none";
  std::string distribution = "auto";
  double min_std = 0.1;

  void visit(FieldVisitor& v);
  // "auto": one-hot where actions are choices, truncated normal otherwise.
  ActionKind kind(bool is_discrete) const;
};

// What the policy says in each of some states.
struct ActionDistribution {
  ActionKind kind = ActionKind::kOneHot;
  Tensor logits;                     // [..., A], one-hot
  TruncatedNormal truncated_normal;  // or this
  TanhNormal tanh_normal;            // or this

  // noise [..., A]: Gumbel, uniform on (0, 1), or N(0, 1), in the order of ActionKind.
  Tensor sample(const Tensor& noise) const;
  Tensor log_prob(const Tensor& action) const;  // [...]
  // noise [100, ..., A], N(0, 1), for the tanh-normal alone.
  Tensor entropy(const Tensor& noise = {}) const;  // [...], nats
  Tensor mode(const Tensor& noise = {}) const;     // [..., A]
};

class Policy {
 public:
  Policy(ParameterSet& parameters, const PolicyConfig& config, ActionKind kind,
         std::int64_t feature_dim, std::int64_t action_dim);
  ActionDistribution forward(const Weights& weights, const Tensor& features) const;
  ActionKind kind() const { return kind_; }
  std::vector<std::string> describe() const;

 private:
  double min_std_;
  ActionKind kind_;
  HiddenStack hidden_;
  Dense out_;
  Dense std_;  // of the continuous ones
};

// Exploration: one-hot actions [..., A] are drawn anew with probability `amount` (noise: Gumbel),
// continuous ones get Gaussian noise of that deviation (noise: N(0, 1)) and stay in [-1, 1].
Tensor noisy_action(const Tensor& action, double amount, ActionKind kind, const Tensor& noise);
// How probable each class is then: [..., A].
Tensor noisy_choice(const Tensor& one_hot, double amount);

}  // namespace foresight

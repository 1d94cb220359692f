#include "agent/dreamer/policy.h"

#include <fmt/format.h>

#include "nn/one_hot.h"

namespace foresight {

void PolicyConfig::visit(FieldVisitor& v) {
  v.field("hidden", hidden, {1, 65536}, "units of each hidden layer");
  v.field("norm", norm, {"none", "layer"}, "LayerNorm of the hidden layers");
  v.field("distribution", distribution, {"auto", "onehot", "trunc_normal", "tanh_normal"},
          "of actions; auto: onehot for choices, trunc_normal for numbers");
  v.field("min_std", min_std, {0, 10}, "added to a normal distribution's deviation");
}

ActionKind PolicyConfig::kind(bool is_discrete) const {
  if (distribution == "tanh_normal") return ActionKind::kTanhNormal;
  if (distribution == "trunc_normal") return ActionKind::kTruncatedNormal;
  return distribution == "onehot" || is_discrete ? ActionKind::kOneHot
                                                 : ActionKind::kTruncatedNormal;
}

Tensor ActionDistribution::sample(const Tensor& noise) const {
  if (kind == ActionKind::kOneHot) return sample_one_hot(logits, noise);
  return kind == ActionKind::kTruncatedNormal ? truncated_normal.sample(noise)
                                              : tanh_normal.sample(noise);
}

Tensor ActionDistribution::log_prob(const Tensor& action) const {
  if (kind == ActionKind::kOneHot) return one_hot_log_prob(logits, action);
  return kind == ActionKind::kTruncatedNormal ? truncated_normal.log_prob(action).sum(-1)
                                              : tanh_normal.log_prob(action);
}

Tensor ActionDistribution::entropy(const Tensor& noise) const {
  if (kind == ActionKind::kOneHot) return one_hot_entropy(logits);
  return kind == ActionKind::kTruncatedNormal ? truncated_normal.entropy().sum(-1)
                                              : tanh_normal.entropy(noise);
}

Tensor ActionDistribution::mode(const Tensor& noise) const {
  if (kind == ActionKind::kOneHot) return one_hot_mode(logits);
  return kind == ActionKind::kTruncatedNormal ? truncated_normal.mode() : tanh_normal.mode(noise);
}

Policy::Policy(ParameterSet& parameters, const PolicyConfig& config, ActionKind kind,
               std::int64_t feature_dim, std::int64_t action_dim)
    : min_std_(config.min_std),
      kind_(kind),
      hidden_(parameters, "actor", "norm", feature_dim, config.hidden, norm_of(config.norm)),
      out_(parameters, "actor.out.out", hidden_.out_dim(), action_dim) {
  if (kind != ActionKind::kOneHot) {
    std_ = Dense(parameters, "actor.out.std", hidden_.out_dim(), action_dim);
  }
}

ActionDistribution Policy::forward(const Weights& weights, const Tensor& features) const {
  const Tensor hidden = hidden_.forward(weights, features);
  ActionDistribution result{.kind = kind_, .logits = {}, .truncated_normal = {}, .tanh_normal = {}};
  const Tensor out = out_.forward(weights, hidden);
  if (kind_ == ActionKind::kOneHot) {
    result.logits = out;
    return result;
  }
  const Tensor raw_std = std_.forward(weights, hidden);
  if (kind_ == ActionKind::kTruncatedNormal) {
    result.truncated_normal = truncated_normal_of(out, raw_std, min_std_);
  } else {
    result.tanh_normal = tanh_normal_of(out, raw_std, min_std_);
  }
  return result;
}

std::vector<std::string> Policy::describe() const {
  auto lines = hidden_.describe();
  const char* meaning = kind_ == ActionKind::kOneHot            ? "logits of the choices"
                        : kind_ == ActionKind::kTruncatedNormal ? "truncated normal, mean"
                                                                : "tanh of a normal, mean";
  lines.push_back(fmt::format("{} -> {} ({})", out_.in_dim(), out_.out_dim(), meaning));
  if (kind_ != ActionKind::kOneHot) {
    lines.push_back(fmt::format("{} -> {} (deviation)", std_.in_dim(), std_.out_dim()));
  }
  return lines;
}

Tensor noisy_choice(const Tensor& one_hot, double amount) {
  return amount / static_cast<double>(one_hot.size(-1)) + (1.0 - amount) * one_hot;
}

Tensor noisy_action(const Tensor& action, double amount, ActionKind kind, const Tensor& noise) {
  if (amount == 0.0) return action;
  if (kind != ActionKind::kOneHot) return (action + amount * noise).clamp(-1.0, 1.0);
  return sample_one_hot(noisy_choice(action, amount).log(), noise);
}

}  // namespace foresight

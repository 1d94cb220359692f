#include "agent/dreamer/actor_critic_config.h"

namespace foresight {

void ActorCriticConfig::visit(FieldVisitor& v) {
  v.group("actor", actor, "the policy");
  v.group("critic", critic, "the value of a latent state");
  v.group("actor_optimiser", actor_optimiser, "Adam of the policy");
  v.group("critic_optimiser", critic_optimiser, "Adam of the value");
  v.field("horizon", horizon, {2, 1000}, "steps imagined from each replayed state");
  v.field("lambda", lambda, {0, 1}, "how far targets look before they trust the value");
  v.field("gradient", gradient, {"auto", "dynamics", "reinforce", "both"},
          "how the policy learns; auto: reinforce for choices, dynamics for numbers");
  v.field("gradient_mix", gradient_mix, {}, "share of dynamics in both, a number or a schedule");
  v.field("entropy_scale", entropy_scale, {}, "weight of the entropy, a number or a schedule");
  v.field("slow_target", slow_target, "targets come from a slow copy of the value");
  v.field("slow_target_every", slow_target_every, {1, 1e9}, "updates between its copies");
  v.field("slow_target_fraction", slow_target_fraction, {0, 1}, "how much of the value it takes");
  v.group("reward_norm", reward_norm, "scaling of imagined rewards");
}

}  // namespace foresight

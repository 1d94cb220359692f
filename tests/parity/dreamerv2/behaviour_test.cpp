// Imagination, targets, losses, gradients and one update of actor and critic; acting.
#include <fmt/format.h>

#include "agent/dreamer/acting.h"
#include "agent/dreamer/lambda_return.h"
#include "parity/dreamerv2/recording.h"

namespace foresight {
namespace {

// A number, also where a schedule's text stands for it.
std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

ActorCriticConfig behaviour_config(const Json& config) {
  ActorCriticConfig behaviour;
  const HeadConfig actor = head_config(config, "actor");
  behaviour.actor = {.hidden = actor.hidden,
                     .norm = actor.norm,
                     .distribution = config.at("actor.dist"),
                     .min_std = config.at("actor.min_std")};
  behaviour.critic = head_config(config, "critic");
  behaviour.actor_optimiser = adam_config(config, "actor_opt.");
  behaviour.critic_optimiser = adam_config(config, "critic_opt.");
  behaviour.horizon = config.at("imag_horizon");
  behaviour.lambda = config.at("discount_lambda");
  behaviour.gradient = config.at("actor_grad");
  behaviour.gradient_mix = text_of(config.at("actor_grad_mix"));
  behaviour.entropy_scale = text_of(config.at("actor_ent"));
  behaviour.slow_target = config.at("slow_target");
  behaviour.slow_target_every = config.at("slow_target_update");
  behaviour.slow_target_fraction = config.at("slow_target_fraction");
  behaviour.reward_norm = {.momentum = config.at("reward_norm.momentum"),
                           .scale = config.at("reward_norm.scale"),
                           .epsilon = config.at("reward_norm.eps")};
  return behaviour;
}

// A world model and a behaviour as they were recorded.
struct Recorded {
  explicit Recorded(const std::string& name)
      : file(name),
        world_name(file.meta().at("world_model_file").get<std::string>()),
        forward(world_name + "_forward"),
        model(parameters, world_config(file.config()), world_shape(forward)),
        is_discrete(file.contains("policy/logits") ||
                    file.meta().value("action_kind", std::string()) == "onehot" ||
                    !file.contains("param/actor/out/std/bias")),
        behaviour(behaviour_config(file.config()), model.config(), file.config().at("discount"),
                  model.shape().action_dim, is_discrete, torch::kCPU, 1) {
    Rng rng(1, "test");
    parameters.build(torch::kCPU, /*trainable=*/true, rng);
    load_parameters(parameters, Recording(world_name + "_steps"), "step3/");
    weights = constant_weights(parameters);
    load_parameters(behaviour.actor_parameters(), file, "param/");
    if (file.contains("param/critic/out/out/bias")) {
      load_parameters(behaviour.critic_parameters(), file, "param/");
      load_parameters(behaviour.slow_parameters(), file, "param/");
    }
  }

  Recording file;
  std::string world_name;
  Recording forward;
  ParameterSet parameters;
  RssmWorldModel model;
  Weights weights;
  bool is_discrete;
  ActorCritic behaviour;
};

class DreamerBehaviour : public testing::TestWithParam<std::string> {
 protected:
  DreamerBehaviour() : recorded_(GetParam()) {
    recorded_.behaviour.set_num_updates(recorded_.file.meta().at("updates_before"));
  }
  const Recording& file() const { return recorded_.file; }
  ActorCritic& behaviour() { return recorded_.behaviour; }
  DreamWorld world() const { return {recorded_.model, recorded_.weights}; }
  // Their rows are [B, T] of the batch, one behind the other.
  RssmState start() const {
    RssmState state = recorded_state(file(), "start/");
    const auto rows = [](const Tensor& x) { return x.defined() ? x.flatten(0, 1) : x; };
    state.stoch = rows(state.stoch);
    state.deter = rows(state.deter);
    state.stats = {rows(state.stats.logits), rows(state.stats.mean), rows(state.stats.std)};
    return state;
  }
  Tensor is_terminal() const { return file().at("in/is_terminal").flatten(); }
  DreamDraws draws() const {
    return {.prior = file().at("noise/prior"), .action = file().at("noise/actor"), .entropy = {}};
  }
  double scalar(const std::string& name) const { return file().meta().at("scalars").at(name); }

  Recorded recorded_;
};

TEST_P(DreamerBehaviour, DreamsEqualTheRecordedOnes) {
  const Dream dream = behaviour().imagine(world(), start(), is_terminal(), draws());
  expect_close(dream.features, file().at("seq/feat"), "feat");
  expect_close(dream.action, file().at("seq/action"), "action");
  expect_close(dream.reward, file().at("seq/reward"), "reward");
  expect_close(dream.discount, file().at("seq/discount"), "discount");
  expect_close(dream.weight, file().at("seq/weight"), "weight");
  for (std::size_t t = 0; t < dream.states.size(); ++t) {
    const auto step = [&](const std::string& name) {
      return file().at("seq/" + name)[static_cast<std::int64_t>(t)];
    };
    const RssmState& state = dream.states[t];
    expect_close(state.deter, step("deter"), "deter");
    if (state.stats.is_discrete()) {
      expect_close(state.stats.logits, step("logit"), "logit");
      expect_close(state.stoch, step("stoch").flatten(-2), "stoch");
    } else {
      expect_close(state.stats.mean, step("mean"), "mean");
      expect_close(state.stats.std, step("std"), "std");
      expect_close(state.stoch, step("stoch"), "stoch");
    }
  }
}

TEST_P(DreamerBehaviour, LossesEqualTheRecordedOnes) {
  const Dream dream = behaviour().imagine(world(), start(), is_terminal(), draws());
  const ActorCriticLoss loss = behaviour().losses(dream, draws(), behaviour().scales_at(0));
  expect_close(loss.target, file().at("target"), "target");
  expect_close(loss.slow_value, file().at("slow_value"), "slow_value");
  expect_close(loss.value, file().at("value"), "value");
  expect_close(loss.entropy, file().at("policy/entropy"), "entropy");
  const std::int64_t horizon = dream.action.size(0) - 1;
  const auto seen = [&](std::int64_t count) { return dream.features.detach().slice(0, 0, count); };
  const ActionDistribution policy = behaviour().act(seen(horizon));
  if (policy.kind == ActionKind::kOneHot) {
    expect_close(policy.logits, file().at("policy/logits"), "logits");
  } else {
    expect_close(policy.truncated_normal.loc, file().at("policy/loc"), "loc");
    expect_close(policy.truncated_normal.scale, file().at("policy/scale"), "scale");
  }
  const Tensor log_prob =
      behaviour().act(seen(horizon - 1)).log_prob(dream.action.slice(0, 1, horizon));
  expect_close(log_prob, file().at("policy/logprob"), "log_prob");
  expect_close(loss.actor.item<double>(), scalar("actor_loss"), "actor_loss");
  expect_close(loss.critic.item<double>(), scalar("critic_loss"), "critic_loss");
}

TEST_P(DreamerBehaviour, AnUpdateEqualsTheRecordedOne) {
  behaviour().count_update();
  const NamedNumbers metrics =
      behaviour().apply_update(world(), start(), is_terminal(), draws(), behaviour().scales_at(0));
  behaviour().update_slow_target();
  const auto metric = [&](const std::string& name) {
    for (const auto& [key, value] : metrics) {
      if (key == name) return value.item<double>();
    }
    ADD_FAILURE() << name;
    return 0.0;
  };
  expect_close(metric("grad_norm/actor"), scalar("actor_grad_norm"), "actor_grad_norm");
  expect_close(metric("grad_norm/critic"), scalar("critic_grad_norm"), "critic_grad_norm");
  expect_close(metric("value/slow_mean"), scalar("critic_slow"), "critic_slow");
  expect_close(metric("value/target_mean"), scalar("critic_target"), "critic_target");
  expect_close(metric("value/mean"), scalar("critic"), "critic");
  expect_close(metric("policy/entropy"), scalar("actor_ent"), "actor_ent");
  expect_close(metric("policy/entropy_scale"), scalar("actor_ent_scale"), "actor_ent_scale");
  expect_gradients(behaviour().actor_parameters(), file(), "grad/");
  expect_gradients(behaviour().critic_parameters(), file(), "grad/");
  expect_parameters(behaviour().actor_parameters(), file(), "after/");
  expect_parameters(behaviour().critic_parameters(), file(), "after/");
  expect_parameters(behaviour().slow_parameters(), file(), "after/");
}

INSTANTIATE_TEST_SUITE_P(Recorded, DreamerBehaviour,
                         testing::Values("ac_onehot_reinforce", "ac_onehot_dynamics",
                                         "ac_onehot_both", "ac_tnormal_dynamics",
                                         "ac_tnormal_reinforce", "ac_tnormal_both",
                                         "ac_gauss_dynamics"),
                         [](const auto& info) { return info.param; });

class DreamerActing : public testing::TestWithParam<std::string> {};

TEST_P(DreamerActing, FourCallsEqualTheRecordedOnes) {
  const Recorded recorded(GetParam());
  const Recording& file = recorded.file;
  const Json& calls = file.meta().at("calls");
  const std::int64_t num_games = file.at("call0/is_first").size(0);
  ActingState state = ActingState::begin(recorded.model.rssm(), num_games,
                                         recorded.model.shape().action_dim, torch::kFloat32);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    SCOPED_TRACE(fmt::format("call {}", i));
    const auto at = [&](const std::string& name) {
      const std::string full = fmt::format("call{}/{}", i, name);
      return file.contains(full) ? file.at(full) : Tensor();
    };
    const bool is_eval = calls.at(i).at("mode") == "eval";
    const double amount = file.config().at(is_eval ? "eval_noise" : "expl_noise");
    const Tensor action =
        act({recorded.model, recorded.weights}, recorded.behaviour,
            {.image = at("image").permute({0, 3, 1, 2}), .vectors = {}, .is_first = at("is_first")},
            {.posterior = at("noise_post"),
             .action = at("noise_actor"),
             .mode = {},
             .exploration = at("noise_expl")},
            amount, state);
    expect_close(state.latent.deter, at("state_deter"), "deter");
    expect_close(state.latent.stats.logits, at("state_logit"), "logit");
    expect_close(state.latent.stoch, at("state_stoch").flatten(-2), "stoch");
    expect_close(action, at("action"), "action");
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, DreamerActing,
                         testing::Values("policy_onehot", "policy_tnormal"),
                         [](const auto& info) { return info.param; });

TEST(DreamerUnits, LambdaReturns) {
  const Recording recorded("lambda_return");
  int num_cases = 0;
  for (const std::string& name : recorded.names("lam")) {
    if (!name.ends_with("/target")) continue;
    ++num_cases;
    const std::string prefix = "lam" + name.substr(0, name.find('/') + 1);
    SCOPED_TRACE(prefix);
    const auto leaf = [&](const std::string& which) {
      return recorded.at(which).clone().requires_grad_();
    };
    const Tensor reward = leaf("reward");
    const Tensor value = leaf("value");
    const Tensor discount = leaf("pcont");
    const Tensor bootstrap = leaf("bootstrap");
    const Tensor target = lambda_return(reward, discount, value, bootstrap, std::stod(name));
    expect_close(target, recorded.at(prefix + "target"), "target");
    target.sum().backward();
    const auto check = [&](const Tensor& input, const std::string& which) {
      expect_close(input.grad().defined() ? input.grad() : torch::zeros_like(input),
                   recorded.at(prefix + "grad_sum_" + which), which);
    };
    check(reward, "reward");
    check(value, "value");
    check(discount, "pcont");
    check(bootstrap, "bootstrap");
  }
  EXPECT_GE(num_cases, 4);
}

}  // namespace
}  // namespace foresight

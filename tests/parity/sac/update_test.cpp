// Gradient updates of Stable-Baselines3's SAC (python/record_sac.py) done again from the same
// weights, batch and draws: losses, targets, every gradient, parameters and slow copies after.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "agent/sac/learner.h"
#include "nn/tensor_file.h"
#include "nn/torch.h"

namespace foresight {
namespace {

// abs(difference) / max(1, abs(reference)).
constexpr double kTolerance = 1e-5;

std::string path_of(const std::string& name) {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  const std::string root = folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures";
  return root + "/sac/" + name + ".safetensors";
}

struct Part {
  std::string name;  // Stable-Baselines3's, behind "actor." and the like
  Tensor ours;       // a view
};

// Stable-Baselines3 has the policy's two heads and the two values apart; ours are stacked.
std::vector<Part> actor_parts(const ParameterSet& actor, std::int64_t action_dim) {
  std::vector<Part> parts;
  const auto& entries = actor.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string kind = i % 2 == 0 ? "weight" : "bias";
    if (i + 2 < entries.size()) {
      parts.push_back({fmt::format("latent_pi.{}.{}", i / 2 * 2, kind), entries[i].value});
      continue;
    }
    parts.push_back({"mu." + kind, entries[i].value.narrow(0, 0, action_dim)});
    parts.push_back({"log_std." + kind, entries[i].value.narrow(0, action_dim, action_dim)});
  }
  return parts;
}

std::vector<Part> critic_parts(const ParameterSet& critic) {
  std::vector<Part> parts;
  const auto& entries = critic.entries();
  for (std::int64_t member = 0; member < 2; ++member) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      parts.push_back({fmt::format("qf{}.{}.{}", member, i / 2 * 2, i % 2 == 0 ? "weight" : "bias"),
                       entries[i].value.select(0, member)});
    }
  }
  return parts;
}

Tensor gradient_of(const Tensor& value, const ParameterSet& set) {
  return set.flat_gradient().as_strided(value.sizes(), value.strides(), value.storage_offset());
}

class SacParity : public testing::TestWithParam<std::string> {
 protected:
  SacParity()
      : file_(SafetensorsFile::open(path_of(GetParam()))),
        meta_(nlohmann::json::parse(file_.metadata().at("meta"))),
        learner_(config(), env(), 1) {
    const torch::NoGradGuard no_grad;
    for (const auto& [prefix, parts] : networks()) {
      for (const Part& part : parts)
        part.ours.copy_(read_tensor(file_, "before." + prefix + part.name));
    }
    *learner_.temperature_parameters().data_of(0) = number("before.log_ent_coef");
  }

  SacLearnerConfig config() const {
    SacLearnerConfig config;
    config.hidden = meta_.at("hidden").get<std::vector<std::int64_t>>();
    config.learning_rate = meta_.at("learning_rate");
    config.target_tau = meta_.at("tau");
    return config;
  }
  EnvSpec env() const {
    EnvSpec env;
    env.observation_dim = file_.at("before.actor.latent_pi.0.weight").shape[1];
    env.action_dim = file_.at("before.actor.mu.bias").shape[0];
    return env;
  }
  std::vector<std::pair<std::string, std::vector<Part>>> networks() {
    return {{"actor.", actor_parts(learner_.actor_parameters(), env().action_dim)},
            {"critic.", critic_parts(learner_.critics().online())},
            {"target.", critic_parts(learner_.critics().target())}};
  }
  float number(const std::string& name) const { return to_floats(file_.at(name)).front(); }
  std::vector<float> numbers(const std::string& name) const { return to_floats(file_.at(name)); }

  TransitionBatch batch(const std::string& update) const {
    TransitionBatch batch{.observations = numbers(update + "batch.observations"),
                          .actions = numbers(update + "batch.actions"),
                          .rewards = numbers(update + "batch.rewards")};
    const auto next = numbers(update + "batch.next_observations");
    batch.observations.insert(batch.observations.end(), next.begin(), next.end());
    for (const float done : numbers(update + "batch.dones")) {
      batch.bootstrap.push_back(static_cast<float>(meta_.at("gamma").get<double>()) * (1 - done));
    }
    return batch;
  }
  std::vector<float> eps(const std::string& update) const {
    auto eps = numbers(update + "eps.pi");
    const auto next = numbers(update + "eps.next");
    eps.insert(eps.end(), next.begin(), next.end());
    return eps;
  }

  void expect_close(const Tensor& ours, const std::string& name) const {
    const Tensor theirs = read_tensor(file_, name).flatten();
    Tensor thin = ours.detach().flatten();
    if (thin.numel() != theirs.numel()) {
      thin = thin.slice(0, 0, std::nullopt, meta_.at("keep").get<std::int64_t>());
    }
    ASSERT_EQ(thin.sizes(), theirs.sizes()) << name;
    const Tensor error = (thin - theirs).abs() / theirs.abs().clamp_min(1.0);
    EXPECT_LE(error.max().item<double>(), kTolerance) << name;
    // A gradient is small beside 1: it is also compared with its own largest entry.
    if (name.find(".grad.") == std::string::npos) return;
    EXPECT_LE((thin - theirs).abs().max().item<double>(),
              2 * kTolerance * theirs.abs().max().item<double>())
        << name;
  }

  void expect_losses(const SacUpdateResult& result, const std::string& update) const {
    const auto near = [&](double ours, const char* name) {
      const double theirs = number(update + name);
      EXPECT_NEAR(ours, theirs, kTolerance * std::max(1.0, std::abs(theirs))) << update << name;
    };
    near(result.critic_loss, "critic_loss");
    near(result.actor_loss, "actor_loss");
    near(result.temperature_loss, "ent_coef_loss");
    near(result.temperature, "ent_coef");
  }

  SafetensorsFile file_;
  nlohmann::json meta_;
  SacLearner learner_;
};

TEST_P(SacParity, AnUpdateEqualsStableBaselines3) {
  for (int i = 0; i < meta_.at("updates").get<int>(); ++i) {
    const std::string update = fmt::format("update{}.", i);
    const TransitionBatch inputs = batch(update);
    const SacUpdateResult result = learner_.update(inputs, eps(update));
    expect_losses(result, update);
    const auto targets = learner_.targets();
    expect_close(torch::tensor(std::vector<float>(targets.begin(), targets.end())),
                 update + "target");
    for (const auto& [prefix, parts] : networks()) {
      for (const Part& part : parts)
        expect_close(part.ours, update + "after." + prefix + part.name);
      if (prefix == "target.") continue;
      const ParameterSet& set =
          prefix == "actor." ? learner_.actor_parameters() : learner_.critics().online();
      for (const Part& part : parts) {
        expect_close(gradient_of(part.ours, set), update + "grad." + prefix + part.name);
      }
    }
    expect_close(learner_.temperature_parameters().flat(), update + "after.log_ent_coef");
    expect_close(learner_.temperature_parameters().flat_gradient(), update + "grad.log_ent_coef");
  }
}

INSTANTIATE_TEST_SUITE_P(StableBaselines3, SacParity,
                         testing::Values("two_updates", "full_size", "clamped"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace foresight

// The two revisions of the hockey project's agent, as they were run. Numbers: the project's own
// prints of its networks.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "agent/tdmpc2/tdmpc2_agent.h"
#include "agent/tiny_agents.h"
#include "config/experiment_file.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

struct Revision {
  explicit Revision(const std::string& name, const std::vector<std::string>& overrides = {}) {
    auto all = overrides;
    all.emplace_back("agent.device=cpu");
    experiment = resolve_experiment(load_config(name, FORESIGHT_SOURCE_DIR "/configs", all));
    agent = make_agent(experiment.config.agent, experiment.env_spec, 1);
    description = agent->describe();
  }
  const ComponentDescription& part(const std::string& start) const {
    for (const auto& component : description.components) {
      if (component.name.starts_with(start)) return component;
    }
    throw std::out_of_range(start);
  }
  std::int64_t trainable(const std::string& group) const {
    std::int64_t sum = 0;
    for (const auto& component : description.components) {
      if (component.group == group) sum += component.trainable;
    }
    return sum;
  }
  const Tdmpc2Agent& tdmpc2() const { return dynamic_cast<const Tdmpc2Agent&>(*agent); }
  const Tdmpc2Config& config() const { return tdmpc2().config(); }

  Experiment experiment;
  std::unique_ptr<Agent> agent;
  AgentDescription description;
};

bool says(const std::vector<std::string>& lines, const std::string& words) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.find(words) != std::string::npos;
  });
}

using Counts = std::map<std::string, std::int64_t>;

void expect_counts(const Revision& revision, const Counts& counts, std::int64_t world_model,
                   std::int64_t total) {
  for (const auto& [name, count] : counts) {
    EXPECT_EQ(revision.part(name).parameters, count) << name;
    EXPECT_EQ(revision.part(name).trainable, count) << name;
  }
  EXPECT_EQ(revision.trainable("world model"), world_model);
  EXPECT_EQ(revision.trainable("world model") + revision.trainable("policy"), total);
  EXPECT_EQ(revision.part("target Q").trainable, 0);
  EXPECT_EQ(revision.part("target Q").parameters, counts.at("Q ensemble of 5"));
}

// What both revisions share.
void expect_common(const Revision& revision) {
  EXPECT_TRUE(says(revision.description.optimisers, "world model: Adam, learning rate 0.0003"));
  EXPECT_TRUE(says(revision.description.optimisers, "encoder 9e-05"));
  EXPECT_TRUE(says(revision.description.optimisers, "policy: Adam, learning rate 0.0003"));
  const auto& planner = revision.description.planner;
  EXPECT_TRUE(says(planner, "type MPPI"));
  EXPECT_TRUE(says(planner, "samples 512"));
  EXPECT_TRUE(says(planner, "iterations 6"));
  EXPECT_TRUE(says(planner, "temperature 0.5"));
  EXPECT_TRUE(says(revision.part("policy").layers, "mean head: Linear 512 -> 4"));
  EXPECT_TRUE(says(revision.part("policy").layers, "log-std head: Linear 512 -> 4"));
  EXPECT_TRUE(says(revision.part("termination").layers, "ReLU"));
  EXPECT_FALSE(says(revision.part("termination").layers, "LayerNorm"));

  const Tdmpc2Config& config = revision.config();
  EXPECT_EQ(revision.tdmpc2().discount(), 0.99);
  EXPECT_EQ(config.planner.num_elites, 64);
  EXPECT_EQ(config.planner.num_policy_samples, 24);
  EXPECT_TRUE(config.planner.normalise_with_epsilon);
  EXPECT_FALSE(config.planner.always_clamp);
  EXPECT_EQ(config.sequence_value.end, "probability");
  EXPECT_EQ(config.sequence_value.last_action, "mean");
  EXPECT_EQ(config.sequence_value.last_q, "target");
  EXPECT_EQ(config.learner.batch_size, 512);
  EXPECT_EQ(config.learner.rho, 0.95);
  EXPECT_EQ(config.learner.termination_coef, 0.5);
  EXPECT_EQ(config.learner.consistency_coef, 20.0);
  EXPECT_EQ(config.learner.policy_q, "all");
  EXPECT_TRUE(config.learner.target_dropout);
  EXPECT_TRUE(config.learner.mixed_termination_weights);
  EXPECT_EQ(config.replay.sampling, "prioritised");
  EXPECT_EQ(config.replay.priority_exponent, 0.6);
  EXPECT_EQ(config.replay.weight_exponent, 0.4);
  EXPECT_EQ(config.model.target_init, "torch_default");
  EXPECT_EQ(config.model.log_std, "tanh");
  EXPECT_EQ(config.win_bonus, 0.0);
  EXPECT_EQ(revision.experiment.env_spec.observation_dim, 18);
  EXPECT_EQ(revision.experiment.env_spec.action_dim, 4);
}

TEST(HockeyTdmpc2_1024, HasTheLayersParametersAndSettingsOfTheProject) {
  const Revision revision("hockey/tdmpc2-1024");
  expect_counts(revision,
                {{"encoder", 1'063'424},
                 {"dynamics", 1'582'592},
                 {"reward", 1'107'045},
                 {"termination", 328'449},
                 {"Q ensemble of 5", 5'535'225},
                 {"policy", 1'057'288}},
                9'616'735, 10'674'023);
  EXPECT_TRUE(says(revision.description.planner, "horizon 9"));
  EXPECT_EQ(revision.part("termination").layers.front(), "Linear 1024 -> 256, ReLU");
  EXPECT_EQ(
      revision.part("encoder").layers,
      (std::vector<std::string>{
          "Linear 18 -> 512, LayerNorm, Mish", "Linear 512 -> 512, LayerNorm, Mish",
          "Linear 512 -> 512, LayerNorm, Mish", "Linear 512 -> 1024, SimNorm in groups of 8"}));
  EXPECT_EQ(revision.part("Q ensemble").layers.front(),
            "Linear 1028 -> 512, LayerNorm, Dropout 0.01, Mish");
  EXPECT_EQ(revision.config().model.dropout_place, "after_norm");
  expect_common(revision);
}

TEST(HockeyTdmpc2_512, HasTheLayersParametersAndSettingsOfTheProject) {
  const Revision revision("hockey/tdmpc2-512");
  expect_counts(revision,
                {{"encoder", 800'768},
                 {"dynamics", 1'056'768},
                 {"reward", 844'901},
                 {"termination", 527'873},
                 {"Q ensemble of 5", 4'224'505},
                 {"policy", 795'144}},
                7'454'815, 8'249'959);
  EXPECT_TRUE(says(revision.description.planner, "horizon 10"));
  EXPECT_EQ(revision.part("termination").layers.front(), "Linear 516 -> 512, ReLU");
  EXPECT_FALSE(says(revision.part("Q ensemble").layers, "Dropout"));
  expect_common(revision);
}

TEST(HockeyOpponentAware, ImitatesBothBotsInNetworksOfThePolicysShape) {
  const Revision revision("hockey/opponent-aware");
  EXPECT_EQ(revision.part("dynamics").layers.front(), "Linear 520 -> 256, LayerNorm, Mish");
  EXPECT_EQ(revision.part("reward").layers.front(), "Linear 516 -> 256, LayerNorm, Mish");
  for (const char* opponent : {"opponent 0", "opponent 1"}) {
    EXPECT_EQ(revision.part(opponent).layers, revision.part("policy").layers);
    EXPECT_EQ(revision.part(opponent).parameters, revision.part("policy").parameters);
  }
  EXPECT_TRUE(says(revision.description.planner, "opponent 0 imitates weak"));
  EXPECT_TRUE(says(revision.description.planner, "opponent 1 imitates strong"));
  EXPECT_EQ(revision.config().opponent_cloning.frequency, 5000);
  EXPECT_EQ(revision.config().slice_horizon(), 5);
}

TEST(HockeyTdmpc2, CountsFollowAnOverriddenWidth) {
  const Revision revision("hockey/tdmpc2-512", {"agent.model.reward_hidden=[512,512,256]"});
  // 516 inputs; weights, bias, norm scale and shift of three layers; 101 bins.
  const std::int64_t reward =
      (516 * 512 + 3 * 512) + (512 * 512 + 3 * 512) + (512 * 256 + 3 * 256) + (256 * 101 + 101);
  EXPECT_EQ(revision.part("reward").parameters, reward);
  EXPECT_EQ(revision.trainable("world model"), 7'454'815 - 844'901 + reward);
}

TEST(HockeyTdmpc2, RunsWithOtherHorizons) {
  for (const char* horizon : {"5", "18"}) {
    const Revision revision("hockey/tdmpc2-512",
                            {fmt::format("agent.planner.horizon={}", horizon)});
    EXPECT_TRUE(says(revision.description.planner, fmt::format("horizon {}", horizon)));
    EXPECT_EQ(revision.config().slice_horizon(), std::stoi(horizon));
  }
}

TEST(HockeyTdmpc2, RunsWithClampedLogStd) {
  const Revision revision(
      "hockey/tdmpc2-512",
      {"agent.model.log_std=clamp", "agent.model.log_std_min=-5", "agent.model.log_std_max=1"});
  const LogStdConfig log_std{.form = LogStdForm::kClamp, .min = -5.0, .max = 1.0};
  EXPECT_EQ(revision.config().model.log_std, "clamp");
  const auto& model = const_cast<Tdmpc2Agent&>(revision.tdmpc2()).model();
  EXPECT_EQ(model.log_std_config().form, log_std.form);
  EXPECT_EQ(model.log_std_config().min, log_std.min);
  EXPECT_EQ(model.log_std_config().max, log_std.max);
}

TEST(HockeyTdmpc2, RunsWithRewardBackPropagation) {
  const Revision revision("hockey/tdmpc2-512", {"agent.win_bonus=10"});
  EXPECT_EQ(revision.config().win_bonus, 10.0);
  EXPECT_EQ(revision.config().win_bonus_discount, 0.92);
}

TEST(HockeyTdmpc2, LearnsAndPlansInASmallForm) {
  // The options of both revisions, every one at work, in networks of sixteen.
  for (const char* name : {"hockey/tdmpc2-512", "hockey/tdmpc2-1024"}) {
    Tdmpc2Config config = Revision(name).config();
    const Tdmpc2Config tiny = tiny_config();
    config.model.latent_dim = 16;
    for (auto* hidden :
         {&config.model.encoder_hidden, &config.model.dynamics_hidden, &config.model.reward_hidden,
          &config.model.policy_hidden, &config.model.q_hidden, &config.model.termination_hidden}) {
      *hidden = {16, 16, 16};
    }
    config.planner.num_samples = tiny.planner.num_samples;
    config.planner.num_elites = tiny.planner.num_elites;
    config.planner.num_policy_samples = tiny.planner.num_policy_samples;
    config.learner.batch_size = 16;
    Tdmpc2Agent agent(config, tiny_env(), 1);
    Rng rng(5, "episodes");
    feed(agent, 4, 15, rng, /*outcome=*/1);
    for (int i = 0; i < 3; ++i) {
      for (const auto& [metric, value] : agent.update())
        EXPECT_TRUE(std::isfinite(value)) << metric;
    }
    const auto actor = agent.make_actor({.num_games = 3, .explore = true, .seed = 4});
    for (const float action : act_once(*actor, 3)) EXPECT_LE(std::abs(action), 1.0f);
  }
}

}  // namespace
}  // namespace foresight

#include "train/experiment_config.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"
#include "train/experiments.h"

namespace foresight {
namespace {

std::string problems_of(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { experiment_of(toml, overrides); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ResolveExperiment, FillsDefaultsOfEverySection) {
  const Experiment experiment = experiment_of(kCountdown);
  EXPECT_EQ(experiment.env_spec.id, "countdown");
  EXPECT_TRUE(experiment.config.env.contains("terminates"));
  EXPECT_TRUE(experiment.config.agent.contains("first_update_step"));
  ASSERT_EQ(experiment.phases.size(), 1u);
  EXPECT_TRUE(experiment.phases[0].opponents.empty());
  ASSERT_EQ(experiment.eval_plans.size(), 1u);
  EXPECT_EQ(experiment.eval_plans[0].games, 3);
}

TEST(ResolveExperiment, NamesEveryMistakeAtOnceWithItsPlace) {
  const std::string text = problems_of(R"(
seed = -1
[env]
id = "countdown"
num_steps = 0
num_step = 3
[agent]
id = "randm"
[train]
steps = "many"
updates_per_stp = 1
)");
  EXPECT_TRUE(contains(text, "test.toml:2: seed"));
  EXPECT_TRUE(contains(text, "test.toml:5: env.num_steps"));
  EXPECT_TRUE(contains(text, "did you mean \"env.num_steps\""));
  EXPECT_TRUE(contains(text, "unknown agent \"randm\"; did you mean \"random\""));
  EXPECT_TRUE(contains(text, "test.toml:10: train.steps"));
  EXPECT_TRUE(contains(text, "did you mean \"train.updates_per_step\""));
}

TEST(ResolveExperiment, ChecksTheAgentAlsoWhereTheEnvironmentIsWrong) {
  const std::string text = problems_of(kCountdown, {"env.num_steps=0", "agent.first_update=1"});
  EXPECT_TRUE(contains(text, "env.num_steps"));
  EXPECT_TRUE(contains(text, "did you mean \"agent.first_update_step\""));
}

TEST(ResolveExperiment, AsksForTheIdsOfEnvironmentAndAgent) {
  const std::string text = problems_of("name = \"empty\"");
  EXPECT_TRUE(contains(text, "[env] needs an id"));
  EXPECT_TRUE(contains(text, "[agent] needs an id"));
}

TEST(ResolveExperiment, RefusesUnknownOpponentsWithTheNearestOne) {
  const std::string text = problems_of(kHockey, {"curriculum.0.opponents.strog=1"});
  EXPECT_TRUE(contains(text, "unknown opponent \"strog\"; did you mean \"strong\""));
}

TEST(ResolveExperiment, RefusesOpponentsWhereThereIsOnePlayer) {
  EXPECT_TRUE(contains(problems_of(kCountdown, {"eval.opponents.weak=3"}), "has one player"));
}

TEST(ResolveExperiment, RefusesAPhaseThatChangesTheObservation) {
  const std::string text = problems_of(
      kHockey, {"curriculum.1.env.keep_mode=false", "curriculum.1.env.pad_observation=false"});
  EXPECT_TRUE(contains(text, "curriculum.1.env: changes what the agent sees"));
}

TEST(ResolveExperiment, RefusesAPhaseWithoutEndBeforeAnother) {
  const std::string text = problems_of(kHockey, {"curriculum.0.steps=0"});
  EXPECT_TRUE(contains(text, "never played"));
}

TEST(ResolveExperiment, RefusesMoreRandomStepsThanSteps) {
  EXPECT_TRUE(contains(problems_of(kCountdown, {"train.seed_steps=101"}), "nothing would be"));
}

TEST(ResolveExperiment, LaysThePhasesEnvironmentOverTheCommonOne) {
  const Experiment experiment = experiment_of(kHockey);
  ASSERT_EQ(experiment.phases.size(), 2u);
  EXPECT_EQ(std::get<double>(experiment.phases[0].env.find("reward_touch")->data), 0.0);
  EXPECT_EQ(std::get<double>(experiment.phases[1].env.find("reward_touch")->data), 1.0);
  EXPECT_EQ(std::get<double>(experiment.eval_env.find("reward_touch")->data), 0.0);
}

TEST(ResolveExperiment, ReadsBackWhatItPrints) {
  const Experiment experiment = experiment_of(kHockey);
  const std::string printed = to_commented_toml(experiment.config);
  const Experiment again = resolve_experiment(parse_toml(printed, "config.toml"));
  EXPECT_EQ(to_commented_toml(again.config), printed);
}

}  // namespace
}  // namespace foresight

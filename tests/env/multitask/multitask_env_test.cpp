#include "env/multitask/multitask_env.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "env/multitask/task_sets.h"

namespace foresight {
namespace {

std::string problem_of(const MultitaskConfig& config) {
  try {
    MultitaskEnv env(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(TaskSets, HaveTheOfficialTasksInOrder) {
  const auto mt30 = task_set("mt30");
  const auto mt80 = task_set("mt80");
  ASSERT_EQ(mt30.size(), 30u);
  ASSERT_EQ(mt80.size(), 80u);
  EXPECT_TRUE(std::equal(mt30.begin(), mt30.end(), mt80.begin()));
  EXPECT_EQ(mt30[7], (TaskSpec{"pendulum-swingup", 3, 1, 500}));
  EXPECT_EQ(mt30[29].name, "pendulum-spin");
  EXPECT_EQ(mt80[30], (TaskSpec{"mw-assembly", 39, 4, 100}));
  EXPECT_EQ(mt80[79].name, "mw-hand-insert");
  EXPECT_TRUE(task_set("mt10").empty());
}

TEST(TaskSets, NameTheEnvironmentOfATask) {
  EXPECT_EQ(env_id_of("walker-walk"), "dmcontrol/walker-walk");
  EXPECT_EQ(env_id_of("mw-door-open"), "metaworld/door-open");
  EXPECT_EQ(env_id_of("Pendulum-v1"), "Pendulum-v1");
  for (const TaskSpec& task : task_set("mt80")) {
    EXPECT_EQ(task_name_of(env_id_of(task.name)), task.name);
  }
}

// The table's sizes are those of the environments that are built in.
TEST(TaskSets, KnowTheSizesOfMt30) {
  for (const TaskSpec& task : task_set("mt30")) {
    Table section;
    section.set("id", {env_id_of(task.name), "test"});
    const EnvSpec spec = make_env(section)->spec();
    EXPECT_EQ(spec.observation_dim, task.observation_dim) << task.name;
    EXPECT_EQ(spec.action_dim, task.action_dim) << task.name;
    EXPECT_EQ(spec.max_episode_steps, task.max_episode_steps) << task.name;
  }
}

TEST(MultitaskEnv, PadsToTheLargestTask) {
  MultitaskEnv env({.tasks = "mt80", .task = "cup-catch"});
  EXPECT_EQ(env.spec().observation_dim, 39);
  EXPECT_EQ(env.spec().action_dim, 6);
  EXPECT_EQ(env.spec().task, 12);
  EXPECT_EQ(env.spec().task_set, "mt80");
  EXPECT_EQ(env.spec().max_episode_steps, 500);
  Table section;
  section.set("id", {"dmcontrol/cup-catch", "test"});
  const auto own = make_env(section);
  env.reset(3);
  own->reset(3);
  const std::vector<float> actions{0.5f, -0.25f, 0.9f, 0.9f, 0.9f, 0.9f};  // the last 4 are padding
  for (int step = 0; step < 20; ++step) {
    const StepResult result = env.step(actions);
    const StepResult expected = own->step(std::span(actions).first(2));
    EXPECT_EQ(result.reward, expected.reward);
    const auto seen = env.observation(0);
    ASSERT_EQ(seen.size(), 39u);
    EXPECT_TRUE(std::equal(seen.begin(), seen.begin() + 8, own->observation(0).begin()));
    EXPECT_TRUE(std::all_of(seen.begin() + 8, seen.end(), [](float x) { return x == 0.0f; }));
  }
}

TEST(MultitaskEnv, IsSizesOnlyWithoutATask) {
  MultitaskEnv env({.tasks = "mt30", .task = ""});
  EXPECT_EQ(env.spec().observation_dim, 24);
  EXPECT_EQ(env.spec().task, -1);
  EXPECT_THROW(env.reset(1), Error);
}

TEST(MultitaskEnv, PadsToAModelsSizes) {
  MultitaskEnv env({.tasks = "dmcontrol/cup-spin",
                    .task = "cup-spin",
                    .min_observation_dim = 24,
                    .min_action_dim = 6});
  EXPECT_EQ(env.spec().observation_dim, 24);
  EXPECT_EQ(env.spec().action_dim, 6);
  EXPECT_EQ(env.spec().tasks.size(), 1u);
  EXPECT_EQ(env.spec().task_set, "");
}

TEST(MultitaskEnv, SaysWhatIsWrong) {
  EXPECT_NE(problem_of({.tasks = "mt30", .task = "walker-wlk"}).find("walker-walk"),
            std::string::npos);
  EXPECT_NE(problem_of({.tasks = "cup-catch, dmcontrol/cup-catch"}).find("cup-catch twice"),
            std::string::npos);
  EXPECT_NE(problem_of({.tasks = " , "}).find("names no task"), std::string::npos);
  EXPECT_NE(
      problem_of({.tasks = "hockey", .task = "hockey"}).find("cannot be one of several tasks"),
      std::string::npos);
}

}  // namespace
}  // namespace foresight

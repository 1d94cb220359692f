// Each suite in its own virtual environment: sizes, and that a seed decides an episode. Skipped
// where a suite is not installed; ./foresight test --long installs all of them.
#include <algorithm>
#include <filesystem>

#include "base/rng.h"
#include "env/python/python_env_config.h"
#include "env/python/python_envs.h"

namespace foresight {
namespace {

struct SuiteCase {
  const char* venv;
  const char* id;
  std::int64_t observation_dim, action_dim, num_discrete_actions, max_episode_steps;
  bool can_terminate, reports_success;
};

void PrintTo(const SuiteCase& c, std::ostream* os) { *os << c.id; }

const SuiteCase kSuites[] = {
    {"dmcontrol", "dmcontrol-python/walker-walk", 24, 6, 0, 500, false, false},
    {"metaworld", "metaworld/reach", 39, 4, 0, 100, false, true},
    {"metaworld", "metaworld/hand-insert", 39, 4, 0, 100, false, true},
    {"myosuite", "myosuite/myo-reach", 115, 39, 0, 100, false, true},
    {"maniskill2", "maniskill2/lift-cube", 42, 4, 0, 100, false, true},
    {"maniskill2", "maniskill2/stack-cube", 55, 4, 0, 100, false, true},
    {"atari", "atari/pong", 0, 6, 6, 27000, true, false}};

class InstalledSuite : public testing::TestWithParam<SuiteCase> {
 protected:
  // Everything seen and paid in 20 steps from seed 7.
  static std::vector<float> play(Env& env) {
    Rng rng(3, "suites");
    std::vector<float> actions(static_cast<std::size_t>(env.spec().action_dim));
    std::vector<float> seen;
    env.reset(7);
    for (int step = 0; step < 20; ++step) {
      for (float& action : actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
      const StepResult result = env.step(actions);
      EXPECT_FALSE(result.over()) << "step " << step;
      const auto observation = env.observation(0);
      seen.insert(seen.end(), observation.begin(), observation.end());
      for (const std::uint8_t byte : env.image()) seen.push_back(byte);
      seen.push_back(result.reward);
    }
    return seen;
  }
};

TEST_P(InstalledSuite, LongIsOfTheKnownSizesAndPlaysTheSameEpisodeFromTheSameSeed) {
  const SuiteCase& expected = GetParam();
  if (!std::filesystem::exists(venv_python(expected.venv))) {
    GTEST_SKIP() << "not installed: ./foresight env install " << expected.venv;
  }
  Table section;
  section.set("id", {std::string(expected.id), "test"});
  const auto env = make_env(section);
  const EnvSpec& spec = env->spec();
  EXPECT_EQ(spec.observation_dim, expected.observation_dim);
  EXPECT_EQ(spec.action_dim, expected.action_dim);
  EXPECT_EQ(spec.num_discrete_actions, expected.num_discrete_actions);
  EXPECT_EQ(spec.max_episode_steps, expected.max_episode_steps);
  EXPECT_EQ(spec.can_terminate, expected.can_terminate);
  EXPECT_EQ(spec.reports_success, expected.reports_success);
  EXPECT_EQ(spec.image.has_value(), expected.observation_dim == 0);
  const auto first = play(*env);
  EXPECT_NE(std::ranges::count(first, 0.0f), std::ssize(first)) << "it shows nothing";
  EXPECT_EQ(play(*env), first);
}

INSTANTIATE_TEST_SUITE_P(Known, InstalledSuite, testing::ValuesIn(kSuites), [](const auto& info) {
  std::string name = info.param.id;
  std::ranges::replace_if(
      name, [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace foresight

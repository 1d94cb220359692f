// Every recorded episode, played again: position, velocity, activation and observations equal the
// original's bit for bit over its whole length, from the seed on. Rewards may differ by one unit in
// the last place of a float in [2, 4): NumPy sums and multiplies some of their parts in another
// order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "env/dmcontrol/dmcontrol_env.h"
#include "parity/dmcontrol/recorded_task.h"

namespace foresight {
namespace {

constexpr float kRewardTolerance = 0x1p-22f;

using nlohmann::json;

class RecordedTask : public testing::TestWithParam<std::filesystem::path> {
 protected:
  RecordedTask() {
    auto env = EnvRegistry::instance()
                   .find("dmcontrol/" + GetParam().filename().string(), "environment")
                   .make(Table{});
    env_.reset(dynamic_cast<DmControlEnv*>(env.release()));
    if (env_ == nullptr) throw std::runtime_error("not a DmControlEnv");
  }

  void expect_state(const json& state, const std::string& where) {
    const auto& physics = env_->physics();
    expect_numbers(physics.qpos(), state.at("qpos"), where + ", qpos");
    expect_numbers(physics.qvel(), state.at("qvel"), where + ", qvel");
    expect_numbers(physics.act(), state.at("act"), where + ", act");
    EXPECT_EQ(physics.data().time, state.at("time").get<double>()) << where;
  }

  template <typename Numbers>
  static void expect_numbers(const Numbers& actual, const json& expected,
                             const std::string& where) {
    ASSERT_EQ(actual.size(), expected.size()) << where;
    for (std::size_t i = 0; i < actual.size(); ++i) {
      using Number = std::remove_cvref_t<decltype(actual[i])>;
      ASSERT_EQ(actual[i], static_cast<Number>(expected[i].get<double>())) << where << ' ' << i;
    }
  }

  // As if the episode had led here.
  void set_state(const json& episode) {
    auto& physics = env_->physics();
    const json& state = episode.at("states")[0];
    change_model(episode.at("model_changes"));
    const auto set = [&state](std::span<double> target, const char* key) {
      const auto numbers = state.at(key).get<std::vector<double>>();
      ASSERT_EQ(numbers.size(), target.size()) << key;
      std::ranges::copy(numbers, target.begin());
    };
    set(physics.qpos(), "qpos");
    set(physics.qvel(), "qvel");
    set(physics.act(), "act");
    physics.data().time = state.at("time").get<double>();
    physics.forward_without_actuation();
    set({physics.data().qacc_warmstart, physics.qvel().size()}, "qacc_warmstart");
    env_->update_observation();
  }

  void change_model(const json& changes) {
    mjModel& model = env_->physics().model();
    const std::map<std::string, double*> arrays{{"geom_pos", model.geom_pos},
                                                {"geom_size", model.geom_size},
                                                {"site_pos", model.site_pos},
                                                {"site_size", model.site_size},
                                                {"dof_damping", model.dof_damping}};
    for (const auto& [name, change] : changes.items()) {
      for (std::size_t i = 0; i < change.at("idx").size(); ++i) {
        const auto index = change.at("idx")[i].get<std::size_t>();
        const auto value = change.at("val")[i].get<double>();
        if (name == "site_rgba") {
          model.site_rgba[index] = static_cast<float>(value);
        } else {
          arrays.at(name)[index] = value;
        }
      }
    }
  }

  void expect_model(const json& changes) {
    const mjModel& model = env_->physics().model();
    for (const auto& [name, change] : changes.items()) {
      const std::map<std::string, const double*> arrays{{"geom_pos", model.geom_pos},
                                                        {"geom_size", model.geom_size},
                                                        {"site_pos", model.site_pos},
                                                        {"site_size", model.site_size},
                                                        {"dof_damping", model.dof_damping}};
      if (name == "site_rgba") continue;  // colour only
      for (std::size_t i = 0; i < change.at("idx").size(); ++i) {
        EXPECT_EQ(arrays.at(name)[change.at("idx")[i].get<std::size_t>()],
                  change.at("val")[i].get<double>())
            << name << ' ' << change.at("idx")[i];
      }
    }
  }

  void expect_episode(const json& episode, const std::string& name) {
    expect_numbers(env_->observation(0), episode.at("obs")[0], name + ", first observation");
    const auto& actions = episode.at("actions");
    for (std::size_t i = 0; i < actions.size(); ++i) {
      const std::string where = name + ", step " + std::to_string(i);
      expect_state(episode.at("states")[i], where);
      const auto result = env_->step(actions[i].get<std::vector<float>>());
      ASSERT_NEAR(result.reward, static_cast<float>(episode.at("rewards")[i].get<double>()),
                  kRewardTolerance)
          << where;
      ASSERT_FALSE(result.over()) << where;
      expect_numbers(env_->observation(0), episode.at("obs")[i + 1], where + ", observation");
      if (testing::Test::HasFailure()) return;
    }
    expect_state(episode.at("states")[actions.size()], name + ", end");
  }

  std::unique_ptr<DmControlEnv> env_;
  json recorded_ = read_recorded_task(GetParam());
};

TEST_P(RecordedTask, HasTheRecordedSizes) {
  const auto layout = env_->layout();
  const auto& expected = recorded_.at("obs_layout");
  ASSERT_EQ(layout.size(), expected.size());
  for (std::size_t i = 0; i < layout.size(); ++i) {
    EXPECT_EQ(layout[i].name, expected[i][0]);
    EXPECT_EQ(layout[i].size, expected[i][1]);
  }
  const auto& model = env_->physics().model();
  EXPECT_EQ(model.nq, recorded_.at("nq"));
  EXPECT_EQ(model.nv, recorded_.at("nv"));
  EXPECT_EQ(model.na, recorded_.at("na"));
  EXPECT_EQ(model.opt.timestep, recorded_.at("timestep"));
  EXPECT_EQ(env_->spec().action_dim, recorded_.at("nu"));
  EXPECT_EQ(env_->spec().max_episode_steps, 500);
}

TEST_P(RecordedTask, PlaysEpisodesFromTheirSeeds) {
  int num_episodes = 0;
  for (const auto& episode : recorded_.at("episodes")) {
    if (episode.at("kind") != "random") continue;
    env_->reset(episode.at("seed").get<std::uint64_t>());
    expect_model(episode.at("model_changes"));
    expect_episode(episode, "seed " + episode.at("seed").dump());
    ++num_episodes;
  }
  EXPECT_GE(num_episodes, 2);
}

// States set by hand so that rewards are not 0.
TEST_P(RecordedTask, PlaysTheProbe) {
  int num_episodes = 0;
  for (const auto& episode : recorded_.at("episodes")) {
    if (episode.at("kind") != "probe") continue;
    env_->reset(1);
    set_state(episode);
    expect_episode(episode, "probe");
    ++num_episodes;
  }
  EXPECT_GE(num_episodes, 1);
}

std::string test_name(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.filename().string();
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(DmControl, RecordedTask, testing::ValuesIn(recorded_tasks("dmcontrol")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Tdmpc2, RecordedTask,
                         testing::ValuesIn(recorded_tasks("dmcontrol_custom")), test_name);

TEST(RecordedTasks, AreAllTasksThereAre) {
  std::vector<std::string> names;
  for (const char* folder : {"dmcontrol", "dmcontrol_custom"}) {
    for (const auto& task : recorded_tasks(folder)) {
      names.push_back("dmcontrol/" + task.filename().string());
    }
  }
  std::ranges::sort(names);
  auto registered = EnvRegistry::instance().names();
  std::erase_if(registered, [](const auto& name) { return !name.starts_with("dmcontrol/"); });
  EXPECT_EQ(names, registered);
  EXPECT_EQ(names.size(), 39u);
}

}  // namespace
}  // namespace foresight

// Training on environments in worker processes that die.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/rng.h"
#include "env/python/processes.h"
#include "env/python/python_envs.h"
#include "io/scratch_folder.h"
#include "train/experiments.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr int kNumGames = 4;

class PythonEnvRun : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    FS_SKIP_WITHOUT_PYTHON();
  }

  static Experiment experiment(const std::string& env,
                               const std::vector<std::string>& overrides = {}) {
    return experiment_of("name = \"test\"\n[env]\n" + env +
                             "\n[agent]\nid = \"random\"\n[train]\nsteps = 400\nnum_games = 4\n"
                             "seed_steps = 10\nlog_every_steps = 100\n[eval]\nevery_steps = 0\n"
                             "games = 3\n",
                         overrides);
  }

  fs::path new_run(const Experiment& experiment, const std::string& name) const {
    return create_run_folder(experiment, folder_, folder_ / name, "test");
  }

  static nlohmann::json last_row(const fs::path& run) {
    std::ifstream in(run / "metrics.jsonl");
    std::string last;
    for (std::string line; std::getline(in, line);) last = line;
    return nlohmann::json::parse(last);
  }
};

// Kills `count` workers of this process, each at a moment of chance, the next one when the death
// was noticed.
void kill_workers(int count, int& num_killed) {
  Rng rng(7, "killer");
  std::vector<pid_t> workers;
  while (num_killed < count) {
    const bool has_any = wait_until([&] {
      workers = children_of(getpid());
      return !workers.empty();
    });
    if (!has_any) break;
    const pid_t victim = workers[rng.below(workers.size())];
    kill(victim, SIGKILL);
    const bool is_noticed =
        wait_until([&] { return std::ranges::count(children_of(getpid()), victim) == 0; });
    if (!is_noticed) break;
    ++num_killed;
    pass(static_cast<int>(rng.below(100)));
  }
  kill(getpid(), SIGTERM);  // the run saves and ends
}

TEST_F(PythonEnvRun, GoesOnWhileItsWorkersAreKilledAHundredTimes) {
  // Chance may well kill a game three times before it finishes an episode.
  const Experiment endless =
      experiment(fake_env_toml("Walk", "deaths_in_a_row = 1000"), {"train.steps=1000000000"});
  const fs::path run = new_run(endless, "run");
  Trainer trainer(endless, run);
  int num_killed = 0;
  std::thread killer([&] { kill_workers(100, num_killed); });
  EXPECT_EQ(trainer.run(), SIGTERM);
  killer.join();
  EXPECT_EQ(num_killed, 100);
  EXPECT_EQ(trainer.state().lost_episodes, 100);
  EXPECT_GT(trainer.state().episodes, 0);
  const std::string log = read(run / "log.txt");
  EXPECT_NE(log.find("was killed by signal 9 (Killed)"), std::string::npos);
  EXPECT_NE(log.find("lost an episode of"), std::string::npos);
}

TEST_F(PythonEnvRun, CountsWhatIsLostAndForgetsIt) {
  // Of ten seeds one dies at its third step.
  const Experiment unlucky =
      experiment(fake_env_toml("Faulty", "arguments = { how = \"exit\", seeds = \"3\" }"));
  const fs::path run = new_run(unlucky, "run");
  Trainer trainer(unlucky, run);
  EXPECT_EQ(trainer.run(), 0);
  const LoopState& state = trainer.state();
  EXPECT_GE(state.steps, 400);
  ASSERT_GT(state.lost_episodes, 0);
  EXPECT_EQ(state.lost_steps, 2 * state.lost_episodes);  // each after two steps that were played
  // Whole episodes have five steps; the rest was lost or is unfinished.
  EXPECT_LE(5 * state.episodes + state.lost_steps, state.steps);
  EXPECT_GT(5 * state.episodes + state.lost_steps, state.steps - 5 * kNumGames);
  const auto row = last_row(run);
  EXPECT_EQ(row.at("train/lost_episodes"), state.lost_episodes);
  EXPECT_EQ(row.at("train/lost_steps"), state.lost_steps);
}

TEST_F(PythonEnvRun, StopsAtThreeDeathsInARow) {
  const Experiment hopeless =
      experiment(fake_env_toml("Faulty", "arguments = { how = \"raise\" }"));
  Trainer trainer(hopeless, new_run(hopeless, "run"));
  try {
    trainer.run();
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("raised ValueError: the puck is gone"), std::string::npos) << text;
    EXPECT_NE(text.find("3 unfinished episodes in a row"), std::string::npos) << text;
    EXPECT_NE(text.find("at step "), std::string::npos) << text;
  }
}

TEST_F(PythonEnvRun, IsTheSameWhetherItIsResumedOrNot) {
  const Experiment whole = experiment(fake_env_toml("Walk"));
  const fs::path whole_run = new_run(whole, "whole");
  EXPECT_EQ(Trainer(whole, whole_run).run(), 0);
  const Experiment half = experiment(fake_env_toml("Walk"), {"train.steps=203"});
  const fs::path run = new_run(half, "cut");
  EXPECT_EQ(Trainer(half, run).run(), 0);
  Trainer resumed(whole, run, {.checkpoint = newest_checkpoint(run)});
  EXPECT_EQ(resumed.run(), 0);
  EXPECT_EQ(resumed.state().lost_episodes, 0);
  for (const char* what : {"episode/return", "eval/return", "train/episodes"}) {
    EXPECT_EQ(last_row(run).value(what, -1.0), last_row(whole_run).value(what, -1.0)) << what;
  }
}

TEST_F(PythonEnvRun, ResumesWhereAnEpisodeCannotBePlayedAgain) {
  const Experiment half = experiment(fake_env_toml("NotRepeatable"), {"train.steps=203"});
  const Experiment whole = experiment(fake_env_toml("NotRepeatable"));
  const fs::path run = new_run(half, "run");
  EXPECT_EQ(Trainer(half, run).run(), 0);
  Trainer resumed(whole, run, {.checkpoint = newest_checkpoint(run)});
  EXPECT_EQ(resumed.run(), 0);
  EXPECT_GE(resumed.state().steps, 400);
  EXPECT_GT(resumed.state().lost_episodes, 0);
  EXPECT_NE(read(run / "log.txt").find("the environment is not deterministic"), std::string::npos);
}

TEST_F(PythonEnvRun, TellsSuccessInMetricsAndEvaluation) {
  const Experiment good = experiment(fake_env_toml("Spaces", "observation_keys = \"speed\""));
  const fs::path run = new_run(good, "run");
  EXPECT_EQ(Trainer(good, run).run(), 0);
  const auto row = last_row(run);
  EXPECT_TRUE(row.contains("eval/success")) << row;
  EXPECT_NE(read(run / "log.txt").find("% success"), std::string::npos);
}

}  // namespace
}  // namespace foresight

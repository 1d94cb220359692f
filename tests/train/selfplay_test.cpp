// Training against past selves, from the config to a resumed run.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "agent/model_card.h"
#include "agent/random/random_agent.h"
#include "io/scratch_folder.h"
#include "selfplay/copy_pool.h"
#include "train/cost_estimate.h"
#include "train/experiments.h"
#include "train/games.h"
#include "train/initial_weights.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

// Short games, so that there are many.
const std::string kSelfplay = R"(
name = "test"
[env]
id = "hockey"
max_steps = 20
[agent]
id = "random"
[train]
steps = 6000
num_games = 4
seed_steps = 100
updates_per_step = 0
log_every_steps = 500
[eval]
every_steps = 0
opponents = { weak = 2 }
[selfplay]
begin_episode = 60
copy_every_episodes = 40
pool_size = 3
[[curriculum]]
opponents = { weak = 0.25, self = 0.75 }
)";

std::string problems_of(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { experiment_of(toml, overrides); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// An agent that notes what it is told.
class NotingAgent : public RandomAgent {
 public:
  using RandomAgent::RandomAgent;
  void observe(const Transition& transition) override {
    RandomAgent::observe(transition);
    if (transition.game < 4) {
      own_ += 1;
    } else {
      mirrored_ += 1;
      games_.insert(transition.game);
    }
    outcomes_[transition.game % 4][transition.game < 4 ? 0 : 1] = transition.outcome;
    const auto& outcome = outcomes_[transition.game % 4];
    if (transition.game >= 4 && outcome[0] != -outcome[1]) are_outcomes_opposite_ = false;
  }
  std::int64_t own_ = 0;
  std::int64_t mirrored_ = 0;
  std::set<std::int64_t> games_;
  bool are_outcomes_opposite_ = true;

 private:
  int outcomes_[4][2] = {};
};

[[maybe_unused]] const bool registered =
    AgentRegistry::instance().add("noting", agent_entry<NotingAgent>("fake"));

class SelfplayTest : public ScratchFolder {
 protected:
  std::vector<nlohmann::json> rows(const std::filesystem::path& run) const {
    std::vector<nlohmann::json> result;
    std::ifstream in(run / "metrics.jsonl");
    for (std::string line; std::getline(in, line);) {
      nlohmann::json row;
      const auto parsed = nlohmann::json::parse(line);
      for (const auto& [name, value] : parsed.items()) {
        if (name != "time_s" && !name.starts_with("speed/")) row[name] = value;
      }
      result.push_back(row);
    }
    return result;
  }

  std::filesystem::path run_of(const Experiment& experiment, const std::string& name) const {
    return create_run_folder(experiment, "", folder_ / name, "test");
  }

  std::filesystem::path train(const Experiment& experiment, const std::string& name) const {
    const auto run = run_of(experiment, name);
    Trainer(experiment, run).run();
    return run;
  }

  static std::set<std::string> copies_of(const std::filesystem::path& run) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(run / "selfplay")) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
};

TEST_F(SelfplayTest, MeetsCopiesFromTheGivenEpisodeOn) {
  const auto run = train(experiment_of(kSelfplay), "run");
  // 6000 steps are 300 episodes of 20: copies after 60, 100, ..., 300 of them.
  EXPECT_EQ(copies_of(run).size(), 7u);
  EXPECT_TRUE(is_model_folder(run / "selfplay" / "copy_0001"));
  const auto log = read(run / "log.txt");
  EXPECT_TRUE(contains(log, "step 1200, episode 60: self/copy_0001 enters the pool of 1")) << log;
  EXPECT_TRUE(contains(log, "episode 300: self/copy_0007 enters the pool of 3")) << log;
  const auto metrics = rows(run);
  EXPECT_FALSE(metrics[0].contains("episode/self/win_rate"));
  EXPECT_TRUE(metrics[0].contains("win_rate/weak"));
  EXPECT_TRUE(metrics[5].contains("episode/self/win_rate"));
  EXPECT_TRUE(metrics[5].contains("win_rate/self/copy_0002")) << metrics[5].dump();
  // It has left the pool.
  EXPECT_FALSE(metrics.back().contains("win_rate/self/copy_0002"));
  EXPECT_EQ(read_model_card(run / "selfplay" / "copy_0003").steps, 2800);
}

TEST_F(SelfplayTest, KeepsPoolAndWinRatesInTheCheckpoint) {
  const auto run = train(experiment_of(kSelfplay), "run");
  const LoopState state = read_loop_state(newest_checkpoint(run));
  EXPECT_EQ(state.copies.numbers, (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_EQ(state.copies.num_copies, 7);
  EXPECT_EQ(state.copies.last_copy_episode, 300);
  EXPECT_TRUE(state.copies.win_rates.contains("weak"));
  EXPECT_FALSE(state.copies.win_rates.contains("self/copy_0001"));
}

TEST_F(SelfplayTest, GoesOnAsIfNeverStopped) {
  const auto whole = train(experiment_of(kSelfplay), "whole");
  for (const std::int64_t steps : {1196, 1200, 3330, 5000}) {
    const auto name = fmt::format("cut_at_{}", steps);
    const auto cut = train(experiment_of(kSelfplay, {fmt::format("train.steps={}", steps)}), name);
    Trainer trainer(experiment_of(kSelfplay), cut, {.checkpoint = newest_checkpoint(cut)});
    trainer.run();
    EXPECT_EQ(rows(cut).back(), rows(whole).back()) << steps;
    EXPECT_EQ(copies_of(cut), copies_of(whole));
    const auto& expected = read_loop_state(newest_checkpoint(whole)).copies;
    const auto& found = read_loop_state(newest_checkpoint(cut)).copies;
    EXPECT_EQ(found.win_rates, expected.win_rates);
    EXPECT_EQ(found.numbers, expected.numbers);
    EXPECT_EQ(found.games_since_copy, expected.games_since_copy);
  }
}

TEST_F(SelfplayTest, ForgetsTheCopiesOfALaterPast) {
  const auto experiment = experiment_of(kSelfplay);
  const auto run = train(experiment, "run");
  std::filesystem::create_directories(run / "selfplay" / "copy_0008");
  std::filesystem::create_directories(run / "selfplay" / "copy_0009.unfinished");
  const Trainer trainer(experiment, run, {.checkpoint = newest_checkpoint(run)});
  EXPECT_EQ(copies_of(run).size(), 7u);
  EXPECT_FALSE(copies_of(run).contains("copy_0008"));
}

TEST_F(SelfplayTest, NamesACopyThatIsMissing) {
  const auto run = train(experiment_of(kSelfplay), "run");
  for (const auto& name : copies_of(run)) std::filesystem::remove_all(run / "selfplay" / name);
  const std::string text = error_of(
      [&] { Trainer(experiment_of(kSelfplay), run, {.checkpoint = newest_checkpoint(run)}); });
  EXPECT_TRUE(contains(text, "selfplay/copy_000")) << text;
  EXPECT_TRUE(contains(text, "no model here")) << text;
}

TEST_F(SelfplayTest, CanMeetNobodyButItselfFromTheStart) {
  const auto run =
      train(experiment_of(kSelfplay, {"selfplay.begin_episode=0", "curriculum.0.opponents.weak=0",
                                      "train.steps=800"}),
            "run");
  const auto log = read(run / "log.txt");
  EXPECT_TRUE(contains(log, "step 0, episode 0: self/copy_0001 enters")) << log;
  EXPECT_FALSE(rows(run)[0].contains("episode/weak/win_rate"));
  EXPECT_TRUE(rows(run)[0].contains("episode/self/win_rate"));
}

TEST_F(SelfplayTest, LearnsFromBothSidesWhereAsked) {
  const auto counts = [&](const std::string& both, const std::string& name) {
    const auto experiment = experiment_of(
        kSelfplay, {"agent.id=noting", "selfplay.store_both=" + both, "train.steps=4000"});
    Trainer trainer(experiment, run_of(experiment, name));
    trainer.run();
    const auto& agent = dynamic_cast<const NotingAgent&>(trainer.agent());
    EXPECT_TRUE(agent.are_outcomes_opposite_);
    EXPECT_EQ(agent.own_, 4000);  // steps are counted once
    EXPECT_EQ(trainer.state().steps, 4000);
    return std::pair{agent.mirrored_, agent.games_};
  };
  EXPECT_EQ(counts("false", "one").first, 0);
  const auto [mirrored, games] = counts("true", "both");
  // From episode 60 on, that is for 2,800 of the steps, three quarters of the games.
  EXPECT_GT(mirrored, 1600);
  EXPECT_LT(mirrored, 2600);
  EXPECT_EQ(mirrored % 20, 0);  // whole episodes
  EXPECT_EQ(games, (std::set<std::int64_t>{4, 5, 6, 7}));
}

TEST_F(SelfplayTest, ShowsThePastSelfsStepInItsOwnFrame) {
  const auto experiment = experiment_of(kSelfplay, {"selfplay.begin_episode=0", "env.max_steps=251",
                                                    "curriculum.0.opponents.weak=0"});
  CopyPool copies(experiment.config.selfplay, folder_);
  const auto folder = copies.folder_of(copies.add(0));
  std::filesystem::create_directories(folder);
  write_model_card(folder, {.env = experiment.eval_env, .agent = experiment.config.agent});
  Games games(experiment, &copies);
  games.begin(0);
  Rng rng(2, "test");
  std::vector<float> actions(4 * 4);
  int num_goals = 0;
  for (int i = 0; i < 2000; ++i) {
    for (float& action : actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
    games.step(actions);
    const Transition own = games.transition(1);
    const auto mirrored = games.transition_of_past_self(1);
    ASSERT_TRUE(mirrored.has_value());
    EXPECT_EQ(mirrored->game, 5);
    for (const auto& [mine, its] : {std::pair{own.observation, mirrored->observation},
                                    {own.next_observation, mirrored->next_observation}}) {
      for (int k = 0; k < 2; ++k) EXPECT_EQ(mine[k], -its[k + 6]);  // own place, the other's
      for (int k = 12; k < 16; ++k) EXPECT_EQ(mine[k], -its[k]);    // the puck
      EXPECT_EQ(mine[16], its[17]);
    }
    EXPECT_EQ(own.terminated, mirrored->terminated);
    EXPECT_EQ(own.truncated, mirrored->truncated);
    EXPECT_EQ(own.outcome, -mirrored->outcome);
    if (own.outcome != 0) {
      ++num_goals;
      EXPECT_GT(mirrored->reward * own.outcome, -11.0f);
      EXPECT_LT(mirrored->reward * own.outcome, -9.0f);
    }
    games.advance();
  }
  EXPECT_GT(num_goals, 0);
}

TEST_F(SelfplayTest, ChangesRewardsOverTheEpisodesOfAPhaseAlsoWhenResumed) {
  const std::string toml = kSelfplay + R"(
[curriculum.shaping]
reward_direction = { from = 100, to = 0, begin = 20, end = 220 }
)";
  const auto whole = train(experiment_of(toml), "whole");
  const auto metrics = rows(whole);
  // The weight falls from 100 to 0 between 400 and 4,400 steps.
  const auto size = [&](std::size_t row) {
    return std::abs(metrics[row].at("episode/reward_direction").get<double>());
  };
  EXPECT_GT(size(0), 0.0);
  EXPECT_EQ(size(10), 0.0);
  const auto cut = train(experiment_of(toml, {"train.steps=2222"}), "cut");
  Trainer trainer(experiment_of(toml), cut, {.checkpoint = newest_checkpoint(cut)});
  trainer.run();
  EXPECT_EQ(rows(cut).back(), rows(whole).back());
}

TEST_F(SelfplayTest, CostsCanBeEstimated) {
  const CostEstimate cost = estimate_cost(
      experiment_of(kSelfplay, {"selfplay.begin_episode=0", "curriculum.0.opponents.weak=0",
                                "selfplay.copies_plan=true"}),
      0.05);
  // Four games, three copies: up to three of them think at every step.
  EXPECT_NEAR(cost.copies_ms, 3.0 * cost.act_ms, 1e-9);
}

TEST(SelfplayConfig, ExplainsItself) {
  const std::string printed = to_commented_toml(experiment_of(kSelfplay).config);
  EXPECT_TRUE(contains(printed, "[selfplay]")) << printed;
  EXPECT_TRUE(contains(printed, "draw = \"hard\"")) << printed;
  EXPECT_TRUE(contains(printed, "(uniform | newest | even | hard)")) << printed;
}

TEST(SelfplayConfig, NamesEveryMistake) {
  EXPECT_TRUE(contains(problems_of(kSelfplay, {"selfplay.draw=\"newst\""}), "\"newest\""));
  EXPECT_TRUE(contains(problems_of(kSelfplay, {"selfplay.pool_size=0"}), "selfplay.pool_size"));
  EXPECT_TRUE(contains(problems_of(kSelfplay, {"selfplay.copy_margin=0.6"}), "copy_margin"));
  EXPECT_TRUE(contains(problems_of(kSelfplay, {"selfplay.pol_size=3"}),
                       "did you mean \"selfplay.pool_size\""));
}

TEST(SelfplayConfig, RefusesWhatCannotWork) {
  const std::string one = problems_of(kCountdown + "[[curriculum]]\nopponents = { self = 1.0 }\n");
  EXPECT_TRUE(contains(one, "countdown has one player, so no opponents")) << one;
  EXPECT_TRUE(contains(problems_of(kSelfplay, {"eval.opponents.self=3"}),
                       "eval.opponents.self: past selves are met in [[curriculum]] only"));
  EXPECT_TRUE(contains(problems_of(kSelfplay, {"curriculum.0.opponents.weak=0"}),
                       "only past selves, and there may be none before episode 60"));
  const std::string late = problems_of(R"(
[env]
id = "hockey"
[agent]
id = "random"
[[curriculum]]
episodes = 3000
opponents = { weak = 1.0, self = 1.0 }
[[curriculum]]
opponents = { weak = 1.0 }
)");
  EXPECT_TRUE(contains(late, "selfplay.begin_episode (3000): the phases with past selves are over"))
      << late;
}

TEST(SelfplayConfig, AllowsAPhaseOfPastSelvesOnlyWhenThereMustBeSome) {
  const std::string phases = R"(
[env]
id = "hockey"
[agent]
id = "random"
[selfplay]
begin_episode = 50
[eval]
opponents = { weak = 2 }
[[curriculum]]
episodes = 50
opponents = { weak = 1.0 }
[[curriculum]]
opponents = { self = 1.0 }
)";
  EXPECT_EQ(problems_of(phases), "");
  EXPECT_TRUE(contains(problems_of(phases, {"curriculum.0.episodes=49"}), "only past selves"));
  EXPECT_TRUE(contains(problems_of(phases, {"curriculum.0.steps=9000"}), "only past selves"));
}

TEST(SelfplayConfig, LeavesOtherRunsAlone) {
  EXPECT_FALSE(experiment_of(kHockey).has_selfplay);
  EXPECT_FALSE(experiment_of(kCountdown).has_selfplay);
}

using InitialWeights = ScratchFolder;

TEST_F(InitialWeights, AreRefusedWhereTheModelIsAnother) {
  const auto check = [](const std::string& model) {
    const auto experiment = experiment_of(kHockey, {"init_from=\"" + model + "\""});
    return error_of([&] { check_initial_weights(experiment); });
  };
  EXPECT_EQ(check(""), "");
  EXPECT_TRUE(contains(check("hockey-quik"), "did you mean \"hockey-quick\"")) << check("x");
  ModelCard card;
  card.env = parse_toml("id = \"hockey\"", "test");
  card.agent = parse_toml("id = \"noting\"", "test");
  write_model_card(folder_, card);
  EXPECT_TRUE(contains(check(folder_.string()),
                       "expected the weights of the agent random, found those of noting"));
  card.agent = parse_toml("id = \"random\"", "test");
  write_model_card(folder_, card);
  EXPECT_EQ(check(folder_.string()), "");
}

}  // namespace
}  // namespace foresight

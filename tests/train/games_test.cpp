#include "train/games.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "io/scratch_folder.h"
#include "train/experiments.h"

namespace foresight {
namespace {

void play(Games& games, int num_steps, float action = 0.5f) {
  const std::vector<float> actions(games.num_games() * games.spec().action_dim, action);
  for (int i = 0; i < num_steps; ++i) {
    games.step(actions);
    games.advance();
  }
}

// Lengths of the episodes that end within so many steps of the first game.
std::vector<std::int64_t> lengths(Games& games, int num_steps, float action = 0.5f) {
  const std::vector<float> actions(games.num_games() * games.spec().action_dim, action);
  std::vector<std::int64_t> result;
  for (int i = 0; i < num_steps; ++i) {
    games.step(actions);
    for (const FinishedEpisode& episode : games.finished()) {
      if (episode.game == 0) result.push_back(episode.length);
    }
    games.advance();
  }
  return result;
}

TEST(Games, GivesTheTransitionThatWasPlayed) {
  Games games(experiment_of(kCountdown));
  games.begin(0);
  EXPECT_EQ(games.first_step()[0], 1);
  const std::vector<float> before(games.observations().begin(), games.observations().end());
  games.step(std::vector<float>{0.25f, -0.5f});
  const Transition transition = games.transition(1);
  EXPECT_EQ(transition.game, 1);
  EXPECT_EQ(transition.observation[0], before[2]);
  EXPECT_EQ(transition.action[0], -0.5f);
  EXPECT_EQ(transition.reward, -0.5f);
  EXPECT_FLOAT_EQ(transition.next_observation[0], 0.8f);
  EXPECT_FALSE(transition.terminated);
  games.advance();
  EXPECT_EQ(games.first_step()[0], 0);
  EXPECT_FLOAT_EQ(games.observations()[0], 0.8f);
}

TEST(Games, TellWhoTheOpponentIsAndWhatItPlayed) {
  Games games(experiment_of(kHockey));
  games.begin(1);
  play(games, 5);
  games.step(std::vector<float>(games.num_games() * 4, 0.5f));
  for (std::int64_t game = 0; game < games.num_games(); ++game) {
    const Transition transition = games.transition(game);
    EXPECT_TRUE(transition.opponent == "strong" || transition.opponent == "random");
    ASSERT_EQ(transition.opponent_action.size(), 4u);
    EXPECT_TRUE(std::ranges::any_of(transition.opponent_action,
                                    [](float action) { return action != 0.0f; }));
  }
  Games alone(experiment_of(kCountdown));
  alone.begin(0);
  alone.step(std::vector<float>{0.25f, -0.5f});
  EXPECT_TRUE(alone.transition(0).opponent_action.empty());
  EXPECT_TRUE(alone.transition(0).opponent.empty());
}

TEST(Games, TellTheLastObservationOfAnEpisodeBeforeTheNextBegins) {
  Games games(experiment_of(kCountdown));
  games.begin(0);
  play(games, 4);
  games.step(std::vector<float>{1.0f, 1.0f});
  EXPECT_TRUE(games.transition(0).terminated);
  EXPECT_EQ(games.transition(0).next_observation[0], 0.0f);
  EXPECT_EQ(games.transition(0).outcome, 1);
  ASSERT_EQ(games.finished().size(), 2u);
  EXPECT_EQ(games.finished()[0].length, 5);
  EXPECT_FLOAT_EQ(static_cast<float>(games.finished()[0].total_reward), 3.0f);
  games.advance();
  EXPECT_EQ(games.observations()[0], 1.0f);
  EXPECT_EQ(games.first_step()[0], 1);
}

TEST(Games, ChangePhaseOnlyWhenTheNextEpisodeBegins) {
  Games games(experiment_of(kCountdown + R"(
[[curriculum]]
steps = 10
[[curriculum]]
env = { num_steps = 3 }
)"));
  games.begin(0);
  play(games, 2);
  games.set_phase(1);
  EXPECT_EQ(lengths(games, 9), (std::vector<std::int64_t>{5, 3, 3}));
}

TEST(Games, CanBeginInALaterPhase) {
  Games games(experiment_of(kCountdown + R"(
[[curriculum]]
steps = 10
[[curriculum]]
env = { num_steps = 3 }
)"));
  games.begin(1);
  EXPECT_EQ(lengths(games, 6), (std::vector<std::int64_t>{3, 3}));
}

class SavedGames : public ScratchFolder {
 protected:
  static void play_random(Games& games, Rng& rng, int steps) {
    std::vector<float> actions(games.num_games() * games.spec().action_dim);
    for (int i = 0; i < steps; ++i) {
      for (float& action : actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
      games.step(actions);
      games.advance();
    }
  }
};

TEST_F(SavedGames, GoOnWhereTheyWere) {
  const auto experiment = experiment_of(kHockey, {"train.num_games=6"});
  Games games(experiment);
  games.begin(0);
  Rng rng(3, "test");
  play_random(games, rng, 120);
  games.set_phase(1);  // some games still are in phase 0
  play_random(games, rng, 90);
  games.save(folder_);

  Games loaded(experiment);
  loaded.load(folder_);
  Rng same_rng(rng.state());
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(std::ranges::equal(games.observations(), loaded.observations())) << i;
    ASSERT_TRUE(std::ranges::equal(games.first_step(), loaded.first_step())) << i;
    play_random(games, rng, 1);
    play_random(loaded, same_rng, 1);
    ASSERT_EQ(games.finished().size(), loaded.finished().size());
    for (std::size_t k = 0; k < games.finished().size(); ++k) {
      EXPECT_EQ(games.finished()[k].total_reward, loaded.finished()[k].total_reward);
      EXPECT_EQ(games.finished()[k].reward_terms, loaded.finished()[k].reward_terms);
      EXPECT_EQ(games.finished()[k].length, loaded.finished()[k].length);
      EXPECT_EQ(games.finished()[k].opponent, loaded.finished()[k].opponent);
    }
  }
}

TEST_F(SavedGames, AreRefusedWhenTheEnvironmentIsAnother) {
  Games games(experiment_of(kHockey));
  games.begin(0);
  Rng rng(3, "test");
  play_random(games, rng, 30);
  games.save(folder_);
  Games other(experiment_of(kHockey, {"env.mode=defense"}));
  const std::string text = error_of([&] { other.load(folder_); });
  EXPECT_NE(text.find("does not reach the same observation"), std::string::npos) << text;
  Games fewer(experiment_of(kHockey, {"train.num_games=3"}));
  const std::string count = error_of([&] { fewer.load(folder_); });
  EXPECT_NE(count.find("it has 4 games, the config 3"), std::string::npos) << count;
}

TEST(Games, RefuseAnActionThatIsNotANumber) {
  Games games(experiment_of(kCountdown));
  games.begin(0);
  EXPECT_THROW(games.step(std::vector<float>{0.0f, std::nanf("")}), Error);
}

TEST(Games, DrawTheOpponentsOfThePhase) {
  Games games(experiment_of(kHockey, {"train.num_games=20"}));
  games.begin(1);
  int num_strong = 0;
  int num_episodes = 0;
  const std::vector<float> actions(20 * 4, 0.0f);
  for (int i = 0; i < 1100; ++i) {
    games.step(actions);
    for (const FinishedEpisode& episode : games.finished()) {
      EXPECT_TRUE(episode.opponent == "strong" || episode.opponent == "random");
      num_strong += episode.opponent == "strong" ? 1 : 0;
      ++num_episodes;
    }
    games.advance();
  }
  ASSERT_GT(num_episodes, 50);
  EXPECT_GT(num_strong, num_episodes / 5);
  EXPECT_LT(num_strong, num_episodes * 4 / 5);
}

// An environment that breaks in its third step.
struct BrokenEnvConfig {
  std::string id = "broken";
  bool in_reward = false;
  void visit(FieldVisitor& visitor) {
    visitor.field("id", id, {}, "which environment");
    visitor.field("in_reward", in_reward, "whether the reward breaks");
  }
};

class BrokenEnv : public Env {
 public:
  using Config = BrokenEnvConfig;
  explicit BrokenEnv(const Config& config) : config_(config) {
    spec_ = {.id = "broken", .observation_dim = 1, .action_dim = 1, .max_episode_steps = 10};
    spec_.observation_names = {"height"};
  }
  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t) override { step_ = 0; }
  StepResult step(std::span<const float>) override {
    const bool is_broken = ++step_ == 3;
    observation_ = is_broken && !config_.in_reward ? std::nanf("") : 0.0f;
    return {.reward = is_broken && config_.in_reward ? HUGE_VALF : 0.0f};
  }
  std::span<const float> observation(int) const override { return {&observation_, 1}; }

 private:
  Config config_;
  EnvSpec spec_;
  int step_ = 0;
  float observation_ = 0.0f;
};

FS_REGISTER_ENV("broken", BrokenEnv, "fake: breaks in its third step");

std::string failure(const std::vector<std::string>& overrides) {
  Games games(experiment_of("[env]\nid = \"broken\"\n[agent]\nid = \"random\"", overrides));
  games.begin(0);
  try {
    play(games, 5);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Games, SayWhereAnObservationOrRewardIsNotFinite) {
  EXPECT_EQ(failure({}), "game 0, step 3: observation 0 (height) is nan");
  EXPECT_EQ(failure({"env.in_reward=true"}), "game 0, step 3: the reward is inf");
}

}  // namespace
}  // namespace foresight

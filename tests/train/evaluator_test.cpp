#include "train/evaluator.h"

#include <gtest/gtest.h>

#include "agent/random/random_agent.h"
#include "base/error.h"
#include "env/env.h"
#include "train/experiments.h"

namespace foresight {
namespace {

EvalOptions countdown_options() {
  return {.env = experiment_of(kCountdown).eval_env, .opponent = "", .games = 7, .parallel = 3};
}

EvalOptions hockey_options() {
  return {.env = experiment_of(kHockey).eval_env, .opponent = "weak", .games = 8, .parallel = 4};
}

RandomAgent agent_for(const EvalOptions& options) {
  return RandomAgent({}, make_env(options.env)->spec(), 1);
}

// Notes what a recorder is told.
class Witness : public GameRecorder {
 public:
  void begin_game(const GameTitle& title) override { titles.push_back(title); }
  void frame(const Env& env, const PlanTrace* trace, double) override {
    ++num_frames;
    EXPECT_EQ(trace, nullptr);
    firsts.push_back(env.observation(0)[0]);
  }
  void end_game(Outcome) override { ++num_ends; }
  void finish() override {}

  std::vector<GameTitle> titles;
  std::vector<float> firsts;
  int num_frames = 0;
  int num_ends = 0;
};

TEST(Evaluate, PlaysExactlyTheGamesAskedFor) {
  const EvalOptions options = countdown_options();
  RandomAgent agent = agent_for(options);
  const EvalResult result = evaluate(agent, options);
  EXPECT_EQ(result.games, 7);
  EXPECT_EQ(result.wins + result.losses, 7);
  EXPECT_EQ(result.draws, 0);
  EXPECT_DOUBLE_EQ(result.mean_length, 5.0);
  EXPECT_GT(result.return_std, 0.0);
  EXPECT_GE(result.act_ms_p99, result.act_ms_p50);
}

TEST(Evaluate, RepeatsItselfWithTheSameSeed) {
  EvalOptions options = hockey_options();
  RandomAgent agent = agent_for(options);
  const EvalResult first = evaluate(agent, options);
  const EvalResult second = evaluate(agent, options);
  EXPECT_EQ(first.mean_return, second.mean_return);
  EXPECT_EQ(first.mean_length, second.mean_length);
  options.seed = 2;
  EXPECT_NE(evaluate(agent, options).mean_return, first.mean_return);
}

TEST(Evaluate, DoesNotTeachTheAgent) {
  const EvalOptions options = countdown_options();
  RandomAgent agent = agent_for(options);
  evaluate(agent, options);
  EXPECT_EQ(agent.num_observed(), 0);
}

TEST(Evaluate, ShowsARecorderEveryMomentOfEveryGame) {
  EvalOptions options = countdown_options();
  options.games = 2;
  options.parallel = 1;
  Witness witness;
  options.recorder = &witness;
  RandomAgent agent = agent_for(options);
  evaluate(agent, options);
  EXPECT_EQ(witness.num_frames, 2 * 6);
  EXPECT_EQ(witness.num_ends, 2);
  ASSERT_EQ(witness.titles.size(), 2u);
  EXPECT_EQ(witness.titles[1].title, "game 2 of 2");
  EXPECT_FLOAT_EQ(witness.firsts[0], 1.0f);
  EXPECT_FLOAT_EQ(witness.firsts[5], 0.0f);
}

TEST(Evaluate, CannotRecordGamesSideBySide) {
  EvalOptions options = countdown_options();
  Witness witness;
  options.recorder = &witness;
  RandomAgent agent = agent_for(options);
  EXPECT_THROW(evaluate(agent, options), ContractViolation);
}

TEST(Evaluate, StopsWhenTold) {
  EvalOptions options = countdown_options();
  int num_questions = 0;
  options.should_stop = [&] { return ++num_questions > 6; };
  RandomAgent agent = agent_for(options);
  EXPECT_EQ(evaluate(agent, options).games, 3);
}

TEST(Evaluate, WantsAnOpponentWhereThereAreTwoPlayersAndNoneElsewhere) {
  EvalOptions options = hockey_options();
  options.opponent = "";
  RandomAgent player = agent_for(options);
  EXPECT_THROW(evaluate(player, options), Error);
  options = countdown_options();
  options.opponent = "weak";
  RandomAgent loner = agent_for(options);
  EXPECT_THROW(evaluate(loner, options), Error);
}

TEST(DescribeEvaluation, GivesSharesAndInterval) {
  EvalResult result;
  result.games = 50;
  result.wins = 47;
  result.draws = 2;
  result.losses = 1;
  EXPECT_EQ(describe(result, "weak")
                .find("weak: 47 of 50 won (94.0 %, 95 % interval 83.8 to 97.9), 2 drawn, 1 lost"),
            0u);
}

}  // namespace
}  // namespace foresight

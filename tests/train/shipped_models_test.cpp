// What the README says of the agents in models/ holds on this machine, too.
#include <gtest/gtest.h>

#include "agent/model_card.h"
#include "env/env.h"
#include "train/evaluator.h"

namespace foresight {
namespace {

// The policy alone of a shipped model, `games` of them from a seed that is not the README's.
EvalResult play(const std::string& name, const std::string& opponent, std::int64_t games) {
  const auto folder = find_model(FORESIGHT_SOURCE_DIR "/models/" + name);
  const ModelCard card = read_model_card(folder);
  const auto agent = load_agent(folder, card, make_env(card.env)->spec());
  return evaluate(*agent, {.env = card.env,
                           .opponent = opponent,
                           .games = games,
                           .parallel = 50,
                           .seed = 7,
                           .use_planner = false});
}

// Measured: 100 % and 97.5 % of 200 games; the bounds are more than three standard deviations away.
TEST(ShippedModels, SacBeatsBothBots) {
  const EvalResult weak = play("hockey-sac", "weak", 200);
  EXPECT_GE(weak.win_rate(), 0.96) << describe(weak, "weak");
  const EvalResult strong = play("hockey-sac", "strong", 200);
  EXPECT_GE(strong.win_rate(), 0.92) << describe(strong, "strong");
}

// Measured: 85.5 % and 42 % of 200 games.
TEST(ShippedModels, QuicksPolicyPlaysWithoutItsPlanner) {
  const EvalResult weak = play("hockey-quick", "weak", 100);
  EXPECT_GE(weak.win_rate(), 0.74) << describe(weak, "weak");
  EXPECT_LE(weak.win_rate(), 0.96) << describe(weak, "weak");
}

// Measured: 522 over 20 episodes, with a standard deviation of 40. From pictures.
TEST(ShippedModels, DreamerSwingsThePoleUp) {
  const EvalResult result = play("dreamerv2-small", "", 10);
  EXPECT_GE(result.mean_return, 450.0) << describe(result, "");
}

}  // namespace
}  // namespace foresight

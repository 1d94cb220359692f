// The public SAC agent plays as it did in the Python game. Its file is not part of this project:
// the folder is named by FORESIGHT_OPPONENTS, or lies beside the checkout.
#include <gtest/gtest.h>

#include <cstdlib>

#include "agent/model_card.h"
#include "env/env.h"
#include "selfplay/opponent.h"
#include "train/evaluator.h"

namespace foresight {
namespace {

class PublicOpponent : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("FORESIGHT_OPPONENTS");
    path_ = std::filesystem::path(folder != nullptr ? folder
                                                    : FORESIGHT_SOURCE_DIR "/../shared/opponents") /
            "sac_public.safetensors";
    if (!is_model_folder(path_)) {
      GTEST_SKIP() << path_ << " is not here; FORESIGHT_OPPONENTS names another folder";
    }
  }

  EvalResult play(Agent& agent, const Table& env, const std::string& opponent,
                  std::int64_t games) const {
    return evaluate(agent, {.env = env, .opponent = opponent, .games = games, .parallel = 50});
  }

  std::filesystem::path path_;
};

// Measured in the Python game over 200 games: 98.5 % and 96 % won. The bounds are three standard
// deviations away.
TEST_F(PublicOpponent, WinsAgainstTheBotsAsItDidInPython) {
  const ModelCard card = read_model_card(path_);
  const auto agent = load_agent(path_, card, make_env(card.env)->spec());
  const EvalResult weak = play(*agent, card.env, "weak", 200);
  EXPECT_GE(weak.win_rate(), 0.96) << describe(weak, "weak");
  const EvalResult strong = play(*agent, card.env, "strong", 200);
  EXPECT_GE(strong.win_rate(), 0.92) << describe(strong, "strong");
}

TEST_F(PublicOpponent, IsAnOpponentLikeAnyOther) {
  const ModelCard card = read_model_card(path_);
  EXPECT_NO_THROW(check_opponent(path_.string()));
  Table idle;
  idle.set("id", {std::string("random"), ""});
  const auto agent = make_agent(idle, make_env(card.env)->spec(), 1);
  const EvalResult result = play(*agent, card.env, path_.string(), 60);
  EXPECT_EQ(result.games, 60);
  // It learned against the bots: chaos on the other side costs it many goals (55 % won of 40).
  EXPECT_GT(result.losses, result.wins + 10);
}

}  // namespace
}  // namespace foresight

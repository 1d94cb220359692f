// A run killed at any moment and resumed gives the same bits as one never killed.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "cli/small_run.h"

namespace foresight {
namespace {

class KillTest : public SmallRun {
 protected:
  // Kills the run so many times at random moments, in the middle of writing too (it writes a
  // checkpoint every 60 ms), then lets it end.
  void kill_and_compare(int num_kills, const std::vector<std::string>& overrides = {},
                        const char* text = kSmallConfig) {
    std::vector<std::string> train{"train", config(text)};
    train.insert(train.end(), overrides.begin(), overrides.end());
    const auto train_in = [&](const fs::path& folder) {
      auto words = train;
      words.insert(words.end(), {"--run-dir", folder.string()});
      return words;
    };
    const fs::path whole = folder_ / "whole";
    const fs::path cut = folder_ / "cut";
    ASSERT_EQ(run(train_in(whole)), 0) << said();
    Rng rng(static_cast<std::uint64_t>(getpid()), "kills");
    for (int kills = 0; kills < num_kills;) {
      const bool can_resume = has_checkpoint(cut);
      if (!can_resume) fs::remove_all(cut);
      const auto words =
          can_resume ? std::vector<std::string>{"resume", cut.string()} : train_in(cut);
      const int status =
          run(words, {.lifetime_us = 150'000 + static_cast<long>(rng.below(700'000))});
      if (status < 0) {
        ++kills;
        continue;
      }
      ASSERT_EQ(status, 0) << said();
      expect_same(whole, cut);  // it came to its end between two kills: once more
      fs::remove_all(cut);
    }
    if (!has_checkpoint(cut)) return;
    ASSERT_EQ(run({"resume", cut.string()}), 0) << said();
    expect_same(whole, cut);
  }
};

TEST_F(KillTest, TwentyKillsChangeNothing) { kill_and_compare(20); }

TEST_F(KillTest, FiveKillsChangeNothingWhereUpdatesOverlapWithGames) {
  kill_and_compare(5, {"train.overlap=true"});
}

// From pictures: their frames lie in files that all checkpoints share, and the ring overflows.
TEST_F(KillTest, FiveKillsChangeNothingForAnAgentThatSeesPictures) {
  kill_and_compare(5, {}, kSmallPicturesConfig);
}

TEST_F(KillTest, TenKillsChangeNothingForSac) { kill_and_compare(10, {}, kSmallSacConfig); }

TEST_F(KillTest, LongTwoHundredKillsChangeNothing) { kill_and_compare(200); }

// Past selves that plan, come and leave, and are learnt from; rewards that change by the episode.
const std::vector<std::string> kSelfplay{
    "env.max_steps=40",
    "selfplay.begin_episode=30",
    "selfplay.copy_every_episodes=7",
    "selfplay.copy_margin=0.1",
    "selfplay.margin_games=4",
    "selfplay.pool_size=3",
    "selfplay.evict=easiest",
    "selfplay.win_rate_games=10",
    "selfplay.copies_plan=true",
    "selfplay.store_both=true",
    "curriculum.1.opponents.self=4",
    "curriculum.1.shaping.reward_touch={ from = 5, to = 0, end = 40 }",
    "curriculum.1.win_bonus.bonus={ from = 10, to = 1, begin = 5, end = 30 }"};

TEST_F(KillTest, TwentyKillsOfARunWithSelfplayChangeNothing) { kill_and_compare(20, kSelfplay); }

TEST_F(KillTest, LongTwoHundredKillsOfARunWithSelfplayChangeNothing) {
  kill_and_compare(200, kSelfplay);
}

TEST_F(KillTest, AStopAndAResumeChangeNothing) {
  const std::string file = config();
  const std::string whole = (folder_ / "whole").string();
  const std::string cut = (folder_ / "cut").string();
  ASSERT_EQ(run({"train", file, "--run-dir", whole}), 0) << said();
  ASSERT_EQ(run({"train", file, "train.steps=2000", "--run-dir", cut}), 0) << said();
  ASSERT_EQ(run({"resume", cut, "train.steps=4000"}), 0) << said();
  expect_same(whole, cut);
  EXPECT_NE(said().find("changed: train.steps: 2000 -> 4000"), std::string::npos);
}

TEST_F(KillTest, OneOrThreeThreadsForTheGamesChangeNothing) {
  const std::string file = config();
  const std::string one = (folder_ / "one").string();
  const std::string three = (folder_ / "three").string();
  ASSERT_EQ(run({"train", file, "--run-dir", one}), 0) << said();
  ASSERT_EQ(run({"train", file, "train.env_threads=3", "--run-dir", three}), 0) << said();
  expect_same(one, three);
}

}  // namespace
}  // namespace foresight

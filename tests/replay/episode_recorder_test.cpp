#include "replay/episode_recorder.h"

#include <gtest/gtest.h>

#include "replay/reward_backprop.h"

namespace foresight {
namespace {

using Numbers = std::vector<float>;

TEST(EpisodeRecorder, KeepsGamesApart) {
  EpisodeRecorder recorder;
  recorder.add(0, Numbers{1, 2}, Numbers{0.1f}, 10, false, Numbers{3, 4});
  recorder.add(7, Numbers{-1, -2}, Numbers{0.7f}, 70, true, Numbers{-3, -4});
  recorder.add(0, Numbers{3, 4}, Numbers{0.2f}, 20, true, Numbers{5, 6});
  const Episode episode = recorder.take(0);
  EXPECT_EQ(episode.observations, (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(episode.actions, (Numbers{0.1f, 0.2f}));
  EXPECT_EQ(episode.rewards, (Numbers{10, 20}));
  EXPECT_EQ(episode.terminated, (Numbers{0, 1}));
  EXPECT_EQ(recorder.take(7).observations, (Numbers{-1, -2, -3, -4}));
  EXPECT_TRUE(recorder.unfinished().empty());
}

TEST(EpisodeRecorder, ForgetsAnUnfinishedGame) {
  EpisodeRecorder recorder;
  recorder.add(0, Numbers{1}, Numbers{0}, 1, false, Numbers{2});
  recorder.forget(0);
  recorder.add(0, Numbers{5}, Numbers{0}, 1, true, Numbers{6});
  EXPECT_EQ(recorder.take(0).observations, (Numbers{5, 6}));
}

TEST(EpisodeRecorder, GoesOnWithARestoredEpisode) {
  EpisodeRecorder first;
  first.add(2, Numbers{1}, Numbers{0.5f}, 3, false, Numbers{2});
  EpisodeRecorder second;
  for (const auto& [game, episode] : first.unfinished()) second.restore(game, episode);
  second.add(2, Numbers{2}, Numbers{0.25f}, 4, true, Numbers{3});
  const Episode episode = second.take(2);
  EXPECT_EQ(episode.observations, (Numbers{1, 2, 3}));
  EXPECT_EQ(episode.rewards, (Numbers{3, 4}));
}

TEST(WinBonus, IsSpreadBackWithMoreForLaterSteps) {
  Numbers rewards{1, 2, 3, 4};
  spread_win_bonus(rewards, 10.0, 0.5);
  EXPECT_EQ(rewards, (Numbers{1 + 2.5f, 2 + 5, 3 + 10, 4}));  // the last step stays
}

TEST(WinBonus, LeavesAGameOfOneStepAlone) {
  Numbers rewards{1};
  spread_win_bonus(rewards, 10.0, 0.5);
  EXPECT_EQ(rewards, (Numbers{1}));
}

}  // namespace
}  // namespace foresight

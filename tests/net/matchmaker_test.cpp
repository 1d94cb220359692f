#include "net/matchmaker.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace foresight {
namespace {

std::int64_t never(const std::string&, const std::string&) { return 0; }

using Pair = std::pair<std::int64_t, std::int64_t>;

TEST(Matchmaker, NobodyPlaysHimself) {
  const std::vector<QueuedPlayer> queue{{1, "ann", "", 5}, {2, "ann", "", 3}};
  EXPECT_EQ(next_pair(queue, never, {}), std::nullopt);
  EXPECT_EQ(next_pair({}, never, {}), std::nullopt);
}

TEST(Matchmaker, WhoWaitsLongestComesFirst) {
  const std::vector<QueuedPlayer> queue{
      {1, "ann", "", 1}, {2, "bob", "", 9}, {3, "bob", "", 8}, {4, "eve", "", 4}};
  EXPECT_EQ(next_pair(queue, never, {}), (Pair{2, 4}));
}

TEST(Matchmaker, WhoHasMetLeastIsChosen) {
  const std::vector<QueuedPlayer> queue{{1, "ann", "", 9}, {2, "bob", "", 8}, {3, "eve", "", 1}};
  const auto games = [](const std::string&, const std::string& b) -> std::int64_t {
    return b == "bob" ? 2 : 1;
  };
  EXPECT_EQ(next_pair(queue, games, {}), (Pair{1, 3}));
}

TEST(Matchmaker, TwoWhoHaveJustMetWaitForOthersButNotForEver) {
  const MatchmakerOptions options{.rematch_wait_s = 10, .users_online = 3};
  std::vector<QueuedPlayer> queue{{1, "ann", "bob", 3}, {2, "bob", "ann", 2}};
  EXPECT_EQ(next_pair(queue, never, options), std::nullopt);
  queue[0].waited_s = 11;
  EXPECT_EQ(next_pair(queue, never, options), std::nullopt);
  queue[1].waited_s = 10;
  EXPECT_EQ(next_pair(queue, never, options), (Pair{1, 2}));
  queue[1].waited_s = 1;
  queue[1].last_opponent = "eve";
  EXPECT_EQ(next_pair(queue, never, options), (Pair{1, 2}));
}

TEST(Matchmaker, TwoAloneDoNotWait) {
  const std::vector<QueuedPlayer> queue{{1, "ann", "bob", 0}, {2, "bob", "ann", 0}};
  EXPECT_EQ(next_pair(queue, never, {.rematch_wait_s = 10, .users_online = 2}), (Pair{1, 2}));
}

// Over many games everybody meets everybody about equally often.
TEST(Matchmaker, IsFairOverTime) {
  std::map<std::pair<std::string, std::string>, std::int64_t> met;
  const auto games = [&](const std::string& a, const std::string& b) {
    return met[std::minmax(a, b)];
  };
  const std::vector<std::string> users{"ann", "bob", "cat", "dan", "eve"};
  std::vector<QueuedPlayer> queue;
  for (std::size_t i = 0; i < users.size(); ++i) {
    queue.push_back({static_cast<std::int64_t>(i), users[i], "", 0});
  }
  for (int round = 0; round < 200; ++round) {
    for (QueuedPlayer& player : queue) player.waited_s += 1;
    const auto pair = next_pair(queue, games, {});
    ASSERT_TRUE(pair);
    QueuedPlayer& a = queue[pair->first];
    QueuedPlayer& b = queue[pair->second];
    ++met[std::minmax(a.user, b.user)];
    a.waited_s = b.waited_s = 0;
  }
  for (const auto& [names, count] : met) EXPECT_NEAR(static_cast<double>(count), 20.0, 2.0);
  EXPECT_EQ(met.size(), 10u);
}

}  // namespace
}  // namespace foresight

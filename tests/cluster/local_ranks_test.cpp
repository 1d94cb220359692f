#include "cluster/local_ranks.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <numeric>

#include "base/rng.h"
#include "cluster/rank_threads.h"

namespace foresight {
namespace {

constexpr RankWatchTimes kQuick{.beat_s = 0.02, .silence_s = 0.4, .grace_s = 0.2};

std::vector<float> numbers_of(int rank, std::size_t count) {
  std::vector<float> values(count);
  Rng(7, "numbers", static_cast<std::uint64_t>(rank)).fill_normal(values);
  return values;
}

TEST(LocalRanks, GatherWhatEachSaysInTheirOrder) {
  for (const int size : {2, 3, 4}) {
    on_ranks(size, [&](Ranks& ranks) {
      const auto all = gather_values(ranks, 10 * ranks.rank());
      for (int rank = 0; rank < size; ++rank)
        EXPECT_EQ(all[static_cast<std::size_t>(rank)], 10 * rank);
      const auto texts =
          gather_texts(ranks, std::string(static_cast<std::size_t>(400 * ranks.rank()), 'x'));
      for (int rank = 0; rank < size; ++rank) {
        EXPECT_EQ(texts[static_cast<std::size_t>(rank)].size(),
                  static_cast<std::size_t>(400 * rank));
      }
    });
  }
}

// 64 numbers are one piece.
TEST(LocalRanks, AddUpInTheOrderOfRanksWhateverTheLength) {
  for (const int size : {2, 3, 4}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{64},
                                    std::size_t{65}, std::size_t{1000}}) {
      auto expected = numbers_of(0, count);
      for (int rank = 1; rank < size; ++rank) {
        const auto other = numbers_of(rank, count);
        for (std::size_t i = 0; i < count; ++i) expected[i] += other[i];
      }
      on_ranks(size, [&](Ranks& ranks) {
        auto values = numbers_of(ranks.rank(), count);
        ranks.sum(values);
        EXPECT_EQ(values, expected) << count << " numbers of " << size;
      });
    }
  }
}

TEST(LocalRanks, StayTogetherOverManyCalls) {
  on_ranks(3, [](Ranks& ranks) {
    for (int i = 0; i < 300; ++i) {
      std::vector<float> values(static_cast<std::size_t>(i % 150), static_cast<float>(i));
      ranks.sum(values);
      for (const float value : values) ASSERT_EQ(value, 3.0f * static_cast<float>(i));
      ASSERT_EQ(gather_values(ranks, i)[2], i);
    }
  });
}

TEST(LocalRanks, OneThatLeavesIsMissedByWhoeverWaitsForIt) {
  const auto board = std::make_shared<RankBoard>(2);
  LocalRanks ranks(board, 0, {}, kQuick);
  {
    LocalRanks other(board, 1, {}, kQuick);
  }
  EXPECT_THROW(wait_for_all(ranks), RankLost);
}

// A child process as rank 1 of 2; the test is rank 0.
class TwoProcesses : public testing::Test {
 protected:
  void begin(const std::function<void(LocalRanks& ranks)>& body) {
    child_ = fork();
    if (child_ == 0) {
      LocalRanks ranks(board_, 1, [](const std::string&) { _exit(3); }, kQuick);
      body(ranks);
      _exit(0);
    }
  }
  void TearDown() override {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  std::string loss_of(const std::function<void()>& wait) {
    try {
      wait();
    } catch (const RankLost& lost) {
      return lost.what();
    }
    return "";
  }
  std::shared_ptr<RankBoard> board_ = std::make_shared<RankBoard>(2);
  pid_t child_ = -1;
};

TEST_F(TwoProcesses, GatherAndAddUp) {
  begin([](LocalRanks& ranks) {
    std::vector<float> values(500'000, 2.0f);
    ranks.sum(values);
  });
  LocalRanks ranks(board_, 0, {}, kQuick);
  std::vector<float> values(500'000, 1.0f);
  ranks.sum(values);
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0.0), 1.5e6);
}

TEST_F(TwoProcesses, OneThatIsKilledIsNamed) {
  begin([](LocalRanks& ranks) {
    wait_for_all(ranks);
    raise(SIGKILL);
  });
  LocalRanks ranks(board_, 0, {}, kQuick);
  wait_for_all(ranks);
  EXPECT_EQ(loss_of([&] { wait_for_all(ranks); }),
            fmt::format("rank 1 of 2 (process {}) has died; rank 0 stops too", child_));
}

TEST_F(TwoProcesses, OneThatHangsIsNamed) {
  begin([](LocalRanks& ranks) {
    wait_for_all(ranks);
    raise(SIGSTOP);
  });
  LocalRanks ranks(board_, 0, {}, kQuick);
  wait_for_all(ranks);
  EXPECT_NE(loss_of([&] { wait_for_all(ranks); }).find("rank 1 of 2 hangs"), std::string::npos);
}

TEST_F(TwoProcesses, OneThatIsMerelySlowIsWaitedFor) {
  begin([](LocalRanks& ranks) {
    usleep(1'000'000);
    wait_for_all(ranks);
  });
  LocalRanks ranks(board_, 0, {}, kQuick);
  EXPECT_EQ(loss_of([&] { wait_for_all(ranks); }), "");
}

TEST_F(TwoProcesses, OneThatFailsSaysWhy) {
  begin([](LocalRanks& ranks) {
    wait_for_all(ranks);
    ranks.tell_end("rank 1 of 2 failed: no disk");
  });
  LocalRanks ranks(board_, 0, {}, kQuick);
  wait_for_all(ranks);
  EXPECT_EQ(loss_of([&] { wait_for_all(ranks); }), "rank 1 of 2 failed: no disk; rank 0 stops too");
}

TEST_F(TwoProcesses, OneThatWaitsForNobodyIsMadeToLeave) {
  begin([](LocalRanks& ranks) {
    wait_for_all(ranks);
    raise(SIGKILL);
  });
  std::atomic<int> times_left = 0;
  LocalRanks ranks(board_, 0, [&](const std::string&) { ++times_left; }, kQuick);
  wait_for_all(ranks);
  for (int i = 0; i < 1000 && times_left == 0; ++i) usleep(10'000);
  EXPECT_GT(times_left, 0);
}

}  // namespace
}  // namespace foresight

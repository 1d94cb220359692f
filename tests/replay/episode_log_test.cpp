#include "replay/episode_log.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

Episode episode_of(std::int64_t number) {
  Rng rng(static_cast<std::uint64_t>(number), "episode");
  const auto steps = static_cast<std::size_t>(3 + number % 4);
  Episode episode;
  episode.observations.resize((steps + 1) * 3);
  episode.actions.resize(steps * 2);
  episode.rewards.resize(steps);
  episode.terminated.assign(steps, 0.0f);
  rng.fill_normal(episode.observations);
  rng.fill_normal(episode.actions);
  rng.fill_normal(episode.rewards);
  return episode;
}

bool operator==(const Episode& a, const Episode& b) {
  return a.observations == b.observations && a.actions == b.actions && a.rewards == b.rewards &&
         a.terminated == b.terminated;
}

class EpisodeLogTest : public ScratchFolder {
 protected:
  static constexpr std::int64_t kSegment = 500;  // bytes: two or three episodes
  EpisodeLog log() const { return {folder_ / "replay", 3, 2, kSegment}; }
  static EpisodeLog::Position add(EpisodeLog& log, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i <= last; ++i) log.add(i, episode_of(i));
    return log.flush();
  }
  static std::vector<std::int64_t> numbers(const EpisodeLog& log, std::int64_t first,
                                           const EpisodeLog::Position& position) {
    std::vector<std::int64_t> found;
    log.read(first, position, [&](std::int64_t number, const Episode& episode) {
      EXPECT_TRUE(episode == episode_of(number)) << number;
      found.push_back(number);
    });
    return found;
  }
  std::string read_error(const EpisodeLog::Position& position) const {
    return error_of([&] { numbers(log(), 0, position); });
  }
  fs::path segment(int index) const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder_ / "replay")) paths.push_back(entry);
    std::ranges::sort(paths);
    return paths.at(static_cast<std::size_t>(index));
  }
};

TEST_F(EpisodeLogTest, GivesBackWhatItWasGiven) {
  EpisodeLog log = this->log();
  add(log, 0, 4);
  const auto position = add(log, 5, 11);
  EXPECT_EQ(position.next_number, 12);
  EXPECT_GT(std::distance(fs::directory_iterator(folder_ / "replay"), {}), 2);
  EXPECT_EQ(numbers(log, 9, position), (std::vector<std::int64_t>{9, 10, 11}));
  EXPECT_EQ(numbers(this->log(), 0, position).size(), 12u);
}

TEST_F(EpisodeLogTest, AnEarlierPositionStaysReadableAndCanBeGoneOnFrom) {
  EpisodeLog log = this->log();
  const auto early = add(log, 0, 3);
  add(log, 4, 11);
  EXPECT_EQ(numbers(log, 0, early).size(), 4u);
  EpisodeLog resumed = this->log();
  resumed.cut(early);
  EXPECT_EQ(resumed.next_number(), 4);
  const auto late = add(resumed, 4, 6);
  EXPECT_EQ(numbers(resumed, 0, late).size(), 7u);
}

TEST_F(EpisodeLogTest, OverwritesWhatAKilledProcessLeftBehind) {
  EpisodeLog log = this->log();
  const auto early = add(log, 0, 0);
  std::ofstream(segment(0), std::ios::app) << "half a record";
  const auto late = add(log, 1, 1);
  EXPECT_EQ(numbers(log, 0, early).size(), 1u);
  EXPECT_EQ(numbers(log, 0, late).size(), 2u);
}

TEST_F(EpisodeLogTest, DropsWholeSegmentsOnly) {
  EpisodeLog log = this->log();
  const auto position = add(log, 0, 11);
  log.drop_before(7);
  EXPECT_EQ(numbers(log, 7, position).size(), 5u);
  EXPECT_FALSE(fs::exists(folder_ / "replay" / "episodes-000000000000.log"));
  EXPECT_NE(error_of([&] { numbers(log, 0, position); }), "");
  log.drop_before(1000);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "replay"), {}), 1);
}

TEST_F(EpisodeLogTest, ANewRunReplacesAnOldFile) {
  EpisodeLog old = log();
  add(old, 0, 1);
  EpisodeLog fresh = log();
  const auto position = add(fresh, 0, 0);
  EXPECT_EQ(numbers(fresh, 0, position).size(), 1u);
}

TEST_F(EpisodeLogTest, EveryChangedByteIsFound) {
  EpisodeLog log = this->log();
  const auto position = add(log, 0, 1);
  const std::string whole = read(segment(0));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    std::ofstream(segment(0), std::ios::binary) << damaged;
    EXPECT_NE(read_error(position), "") << i;
  }
}

TEST_F(EpisodeLogTest, EveryMissingEndIsFound) {
  EpisodeLog log = this->log();
  const auto position = add(log, 0, 1);
  const std::string whole = read(segment(0));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(segment(0), std::ios::binary) << whole.substr(0, size);
    EXPECT_NE(read_error(position).find("its end is missing"), std::string::npos) << size;
  }
  fs::remove(segment(0));
  EXPECT_NE(read_error(position), "");
}

TEST_F(EpisodeLogTest, AnotherEnvironmentsEpisodesAreRefused) {
  EpisodeLog log = this->log();
  const auto position = add(log, 0, 1);
  const EpisodeLog other(folder_ / "replay", 4, 2);
  const std::string text = error_of([&] { other.read(0, position, [](auto, const auto&) {}); });
  EXPECT_NE(text.find("expected 4 observations and 2 actions, found 3 and 2"), std::string::npos);
}

TEST_F(EpisodeLogTest, KeepsWhatTheOpponentPlayed) {
  EpisodeLog log(folder_ / "replay", 3, 2, kSegment, /*opponent_dim=*/2);
  Episode episode = episode_of(0);
  episode.opponent_actions = episode.actions;
  for (float& action : episode.opponent_actions) action += 1.0f;
  for (const std::int64_t opponent : {-1, 0, 5}) {
    episode.opponent = opponent;
    log.add(log.next_number(), episode);
  }
  const auto position = log.flush();
  std::vector<std::int64_t> opponents;
  log.read(0, position, [&](std::int64_t, const Episode& found) {
    EXPECT_TRUE(found == episode);
    EXPECT_EQ(found.opponent_actions, episode.opponent_actions);
    opponents.push_back(found.opponent);
  });
  EXPECT_EQ(opponents, (std::vector<std::int64_t>{-1, 0, 5}));
  EXPECT_NE(read_error(position).find("expected 0 actions of the opponent, found 2"),
            std::string::npos);
}

}  // namespace
}  // namespace foresight

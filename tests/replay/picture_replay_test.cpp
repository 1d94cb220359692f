#include "replay/picture_replay.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::int64_t kFrames = 3;
constexpr std::int64_t kFrameBytes = 2;

// The stack that an environment shows at step t of an episode whose frames count from `first` on.
Bytes stack_at(int first, int t) {
  Bytes picture;
  for (int f = 0; f < kFrames; ++f) {
    const int frame = first + std::max(0, t - static_cast<int>(kFrames) + 1 + f);
    picture.insert(picture.end(), kFrameBytes, static_cast<std::uint8_t>(frame));
  }
  return picture;
}

struct Replay {
  explicit Replay(std::int64_t capacity) : index(capacity) {}
  void play(int first, int num_steps, std::int64_t game = 0) {
    for (int t = 0; t < num_steps; ++t) {
      pictures.add(game, stack_at(first, t), stack_at(first, t + 1));
    }
    index.add(num_steps);
    pictures.store(game, index);
  }
  // [H + 1] pictures of one slice, from the oldest stored row of the episode on.
  std::vector<Bytes> slice(std::int64_t episode, std::int64_t start, std::int64_t horizon) const {
    Bytes bytes;
    const SliceIndex index_of_slice{episode, start};
    pictures.gather(index, {&index_of_slice, 1}, horizon, bytes);
    std::vector<Bytes> result;
    for (auto at = bytes.begin(); at != bytes.end(); at += pictures.picture_bytes()) {
      result.emplace_back(at, at + pictures.picture_bytes());
    }
    return result;
  }
  PictureReplay pictures{kFrames, kFrameBytes};
  EpisodeIndex index;
};

TEST(PictureReplay, StoresEachFrameOnceAndPutsStacksTogether) {
  Replay replay(100);
  replay.play(10, 5);
  replay.play(50, 4);
  EXPECT_EQ(replay.pictures.frames().next(), 6 + 5);
  for (int start = 0; start <= 3; ++start) {
    const auto pictures = replay.slice(0, start, 2);
    for (int t = 0; t <= 2; ++t) EXPECT_EQ(pictures[t], stack_at(10, start + t)) << start << t;
  }
  EXPECT_EQ(replay.slice(1, 0, 2)[0], stack_at(50, 0));
}

TEST(PictureReplay, LaysBatchesOutStepByStep) {
  Replay replay(100);
  replay.play(10, 5);
  replay.play(50, 4);
  const std::vector<SliceIndex> slices{{1, 1}, {0, 2}};
  Bytes bytes;
  replay.pictures.gather(replay.index, slices, 1, bytes);
  Bytes expected;
  for (const auto& [first, t] : {std::pair{50, 1}, {10, 2}, {50, 2}, {10, 3}}) {
    const Bytes picture = stack_at(first, t);
    expected.insert(expected.end(), picture.begin(), picture.end());
  }
  EXPECT_EQ(bytes, expected);
}

TEST(PictureReplay, KeepsStepsOfSeveralGamesApart) {
  Replay replay(100);
  replay.pictures.add(1, stack_at(90, 0), stack_at(90, 1));
  replay.play(10, 3, 0);
  replay.pictures.add(1, stack_at(90, 1), stack_at(90, 2));
  replay.index.add(2);
  replay.pictures.store(1, replay.index);
  EXPECT_EQ(replay.slice(0, 0, 3)[3], stack_at(10, 3));
  EXPECT_EQ(replay.slice(1, 0, 2)[2], stack_at(90, 2));
  replay.pictures.add(1, stack_at(70, 0), stack_at(70, 1));
  replay.pictures.forget(1);
  replay.play(30, 2, 1);
  EXPECT_EQ(replay.slice(2, 0, 2)[1], stack_at(30, 1));
}

// What is left of an overwritten episode still shows the frames from before its oldest row.
TEST(PictureReplay, ShowsWhatWasSeenWhereTheRingHasCutAnEpisode) {
  Replay replay(10);
  replay.play(10, 6);  // 7 rows
  replay.play(50, 6);  // 4 of them go
  ASSERT_EQ(replay.index.episodes().front().num_rows, 3);
  const auto pictures = replay.slice(0, 0, 2);
  for (int t = 0; t <= 2; ++t) EXPECT_EQ(pictures[t], stack_at(10, 4 + t)) << t;
  EXPECT_EQ(replay.pictures.first_needed(replay.index), 2);
}

// Rows by their running numbers: of a whole episode and of what the ring has left of one.
TEST(PictureReplay, ReadsRowsAsItGathersSlices) {
  Replay replay(10);
  replay.play(10, 6);
  replay.play(50, 6);
  for (const auto& episode : replay.index.episodes()) {
    const std::int64_t count = episode.num_rows - 1;
    Bytes bytes(static_cast<std::size_t>(count * replay.pictures.picture_bytes()));
    replay.pictures.read(replay.index, episode.first_row + 1, count, bytes.data());
    Bytes expected;
    for (const Bytes& picture : replay.slice(episode.number, 1, count - 1)) {
      expected.insert(expected.end(), picture.begin(), picture.end());
    }
    EXPECT_EQ(bytes, expected) << episode.number;
  }
}

TEST(PictureReplay, APictureOfOneFrameIsThatFrame) {
  PictureReplay pictures(1, kFrameBytes);
  EpisodeIndex index(4);
  for (const std::uint8_t first : {10, 50}) {
    const Bytes frames[] = {Bytes(kFrameBytes, first), Bytes(kFrameBytes, first + 1),
                            Bytes(kFrameBytes, first + 2)};
    pictures.add(0, frames[0], frames[1]);
    pictures.add(0, frames[1], frames[2]);
    index.add(2);
    pictures.store(0, index);
  }
  Bytes bytes(2 * kFrameBytes);
  pictures.read(index, 4, 2, bytes.data());
  EXPECT_EQ(bytes, (Bytes{51, 51, 52, 52}));
}

TEST(PictureReplay, RefusesPicturesThatDoNotFit) {
  Replay replay(100);
  EXPECT_THROW(replay.pictures.add(0, Bytes(5), Bytes(6)), ContractViolation);
  EXPECT_THROW(replay.pictures.add(0, stack_at(10, 1), stack_at(10, 2)), ContractViolation);
  replay.pictures.add(0, stack_at(10, 0), stack_at(10, 1));
  replay.index.add(2);
  EXPECT_THROW(replay.pictures.store(0, replay.index), ContractViolation);
}

}  // namespace
}  // namespace foresight

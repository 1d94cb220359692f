#include "replay/frame_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

constexpr std::int64_t kBytes = 16;
constexpr std::int64_t kSegment = 4 * kBytes;

// Picture n holds n in every byte.
std::vector<std::uint8_t> frames_of(std::int64_t first, std::int64_t count) {
  std::vector<std::uint8_t> frames;
  for (std::int64_t i = 0; i < count; ++i) {
    frames.insert(frames.end(), kBytes, static_cast<std::uint8_t>(first + i));
  }
  return frames;
}

std::vector<std::uint8_t> read_of(const FrameStore& store, std::int64_t row, std::int64_t count) {
  std::vector<std::uint8_t> frames(static_cast<std::size_t>(count * kBytes));
  store.read(row, count, frames.data());
  return frames;
}

using FrameStoreTest = ScratchFolder;

TEST_F(FrameStoreTest, GivesBackWhatWasAppendedAcrossSegments) {
  FrameStore store(kBytes, kSegment);
  store.keep_in(folder_);
  store.append(frames_of(0, 3));
  store.append(frames_of(3, 7));
  EXPECT_EQ(store.next(), 10);
  EXPECT_EQ(num_files(), 3u);
  EXPECT_EQ(read_of(store, 0, 10), frames_of(0, 10));
  EXPECT_EQ(read_of(store, 3, 2), frames_of(3, 2));
  EXPECT_THROW(read_of(store, 9, 2), ContractViolation);
}

TEST_F(FrameStoreTest, MovesFromItsTemporaryFolderToTheRuns) {
  std::filesystem::path temporary;
  {
    FrameStore store(kBytes, kSegment);
    store.append(frames_of(0, 9));
    temporary = store.folder();
    EXPECT_TRUE(std::filesystem::exists(temporary));
    store.keep_in(folder_ / "frames");
    EXPECT_FALSE(std::filesystem::exists(temporary));
    store.append(frames_of(9, 1));
    EXPECT_EQ(read_of(store, 0, 10), frames_of(0, 10));
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "frames"));
  FrameStore forgotten(kBytes, kSegment);
  forgotten.append(frames_of(0, 1));
  EXPECT_TRUE(std::filesystem::exists(forgotten.folder()));
}

TEST_F(FrameStoreTest, GoesOnWhereACheckpointWas) {
  FrameStore store(kBytes, kSegment);
  store.keep_in(folder_);
  store.append(frames_of(0, 6));
  store.flush();
  store.append(frames_of(100, 9));  // after the checkpoint
  FrameStore resumed(kBytes, kSegment);
  resumed.open(folder_, 0, 6);
  EXPECT_EQ(resumed.next(), 6);
  resumed.append(frames_of(6, 4));
  EXPECT_EQ(read_of(resumed, 0, 10), frames_of(0, 10));
}

TEST_F(FrameStoreTest, DropsWholeSegmentsThatNobodyNeeds) {
  FrameStore store(kBytes, kSegment);
  store.keep_in(folder_);
  store.append(frames_of(0, 10));
  store.drop_before(5);
  EXPECT_EQ(num_files(), 2u);
  EXPECT_EQ(read_of(store, 5, 5), frames_of(5, 5));
  FrameStore resumed(kBytes, kSegment);
  resumed.open(folder_, 5, 10);
  EXPECT_EQ(read_of(resumed, 5, 5), frames_of(5, 5));
}

TEST_F(FrameStoreTest, SaysWhichFileIsBrokenOrMissing) {
  FrameStore store(kBytes, kSegment);
  store.keep_in(folder_);
  store.append(frames_of(0, 8));
  const auto second = folder_ / "frames-000000000004.u8";
  std::filesystem::resize_file(second, 10);
  FrameStore resumed(kBytes, kSegment);
  EXPECT_NE(error_of([&] { resumed.open(folder_, 0, 8); }).find(second.string()),
            std::string::npos);
  std::filesystem::resize_file(second, 4 * kBytes);
  std::filesystem::remove(folder_ / "frames-000000000000.u8");
  EXPECT_NE(error_of([&] { FrameStore(kBytes, kSegment).open(folder_, 0, 8); }).find("missing"),
            std::string::npos);
}

}  // namespace
}  // namespace foresight

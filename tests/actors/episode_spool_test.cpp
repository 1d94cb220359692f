#include "actors/episode_spool.h"

#include <gtest/gtest.h>

#include "actors/parcels.h"
#include "actors/weights_parcel.h"
#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

class EpisodeSpoolTest : public ScratchFolder {};

TEST_F(EpisodeSpoolTest, KeepsEpisodesUntilTheyAreConfirmedAndThroughDeaths) {
  {
    EpisodeSpool spool(folder_ / "spool");
    for (int i = 1; i <= 4; ++i) spool.add(lone_parcel(i, static_cast<float>(i)));
    EXPECT_EQ(spool.num_steps(), 10);
    spool.drop_through(2);
  }
  write("spool/000000000009-3.episode.half", "cut by a death");
  write("spool/what.txt", "not ours");
  EpisodeSpool spool(folder_ / "spool");
  ASSERT_EQ(spool.entries().size(), 2u);
  EXPECT_EQ(spool.num_steps(), 7);
  EXPECT_EQ(spool.entries()[0].number, 3u);
  EXPECT_EQ(parcel_of(spool.read(spool.entries()[0]), lone_spec()).own.rewards[0], 3.0f);
  EXPECT_EQ(spool.add(lone_parcel(1, 5.0f)).number, 5u);
  spool.drop_through(5);
  spool.count_from(20);
  EXPECT_EQ(spool.add(lone_parcel(1, 6.0f)).number, 20u);
  spool.count_from(3);
  EXPECT_EQ(spool.add(lone_parcel(1, 7.0f)).number, 21u);
}

class WeightsParcelTest : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    for (const char* name : {"model", "there"}) std::filesystem::create_directory(folder_ / name);
  }
};

TEST_F(WeightsParcelTest, BringsTheFilesOfAModel) {
  write("model/a.bin", std::string(1000, '\0') + "end");
  write("model/b.json", "{}");
  const std::string message = pack_weights(folder_ / "model", 12);
  write("there/old.bin", "of weights before");
  EXPECT_EQ(unpack_weights(message, folder_ / "there"), 12);
  EXPECT_EQ(read(folder_ / "there" / "a.bin"), read(folder_ / "model" / "a.bin"));
  EXPECT_EQ(read(folder_ / "there" / "b.json"), "{}");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "there" / "old.bin"));
  for (std::size_t size = 0; size < message.size(); size += 7) {
    EXPECT_THROW(unpack_weights(message.substr(0, size), folder_ / "cut"), Error) << size;
  }
  EXPECT_THROW(unpack_weights(message + "x", folder_ / "long"), Error);
}

TEST_F(WeightsParcelTest, RefusesNamesThatLeaveTheFolder) {
  write("model/a.bin", "x");
  std::string message = pack_weights(folder_ / "model", 0);
  message.replace(message.find("a.bin"), 5, "../aa");
  EXPECT_THROW(unpack_weights(message, folder_ / "there"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "aa"));
}

}  // namespace
}  // namespace foresight

#include <gtest/gtest.h>

#include "io/scratch_folder.h"
#include "replay/dataset_prefetcher.h"
#include "replay/dataset_writer.h"
#include "replay/episodes.h"

namespace foresight {
namespace {

constexpr std::int64_t kSteps = 6;

class DatasetTest : public ScratchFolder {
 protected:
  static DatasetHeader header(const std::string& task = "walk") {
    return {.observation_dim = kObservationDim,
            .action_dim = kActionDim,
            .tasks = {{task, kObservationDim, kActionDim, kSteps}},
            .source = "a test"};
  }

  // Episodes first_tag, first_tag + 1, ...
  std::filesystem::path data(const std::string& name, std::int64_t num_episodes,
                             std::int64_t first_tag = 0, const std::string& task = "walk",
                             std::int64_t shard_bytes = DatasetWriter::kShardBytes) const {
    DatasetWriter writer(folder_ / name, header(task), shard_bytes);
    for (std::int64_t i = 0; i < num_episodes; ++i) {
      writer.add(tagged_episode(first_tag + i, kSteps));
    }
    writer.flush();
    return folder_ / name;
  }

  static DatasetUse use(std::int64_t observation_dim = kObservationDim,
                        std::int64_t action_dim = kActionDim) {
    return {.observation_dim = observation_dim,
            .action_dim = action_dim,
            .tasks = {"walk", "run", "jump"}};
  }

  void flip_byte(const std::filesystem::path& path, std::int64_t at) const {
    std::string bytes = read(path);
    bytes.at(static_cast<std::size_t>(at)) ^= 1;
    std::ofstream(path, std::ios::binary) << bytes;
  }
};

TEST_F(DatasetTest, GivesBackWhatWasWritten) {
  constexpr std::int64_t kSmallShards = 200;  // a few episodes each
  const DatasetFolder folder(data("set", 10, 0, "walk", kSmallShards));
  EXPECT_EQ(folder.header(), header());
  ASSERT_EQ(folder.episodes().size(), 10u);
  EXPECT_GT(folder.episodes().back().shard, 2);
  for (std::int64_t tag = 0; tag < 10; ++tag) {
    const auto& stored = folder.episodes()[static_cast<std::size_t>(tag)];
    ASSERT_EQ(stored.num_rows, kSteps + 1);
    const auto rows = folder.rows(stored, 2, 2);  // [2, 2 + 1 + 2]
    const std::vector<float> expected{static_cast<float>(tag),
                                      2,
                                      static_cast<float>(100 * tag + 1),
                                      static_cast<float>(1000 * tag + 1),
                                      0,
                                      static_cast<float>(tag),
                                      3,
                                      static_cast<float>(100 * tag + 2),
                                      static_cast<float>(1000 * tag + 2),
                                      0};
    EXPECT_EQ(std::vector<float>(rows.begin(), rows.end()), expected);
    EXPECT_EQ(folder.rows(stored, kSteps, 1).back(), 1.0f) << "the end of the last step";
  }
  folder.verify();
}

TEST_F(DatasetTest, DrawsSlicesOfSeveralFoldersPaddedToTheModel) {
  const auto walk = data("one", 3, 0, "walk");
  const auto jump = data("two", 3, 50, "jump");
  const DatasetStore store({walk, jump}, use(4, 2));
  EXPECT_EQ(store.num_rows(), 6 * (kSteps + 1));
  EXPECT_EQ(store.num_rows_of(0), 3 * (kSteps + 1));
  EXPECT_EQ(store.num_rows_of(1), 0);
  Rng rng(1, "test");
  SliceBatch batch;
  constexpr std::int64_t kHorizon = 3;
  store.sample(200, kHorizon, rng, batch);
  store.gather(kHorizon, batch);
  std::int64_t num_jumps = 0;
  for (std::int64_t b = 0; b < 200; ++b) {
    const SliceIndex& slice = batch.slices[static_cast<std::size_t>(b)];
    const bool is_jump = slice.episode >= 3;
    const auto tag = static_cast<float>(is_jump ? 50 + slice.episode - 3 : slice.episode);
    num_jumps += is_jump ? 1 : 0;
    EXPECT_EQ(batch.tasks[static_cast<std::size_t>(b)], is_jump ? 2 : 0);
    for (std::int64_t t = 0; t <= kHorizon; ++t) {
      const float* row = batch.observations.data() + (t * 200 + b) * 4;
      EXPECT_EQ(row[0], tag);
      EXPECT_EQ(row[1], static_cast<float>(slice.start + t));
      EXPECT_EQ(row[2] + row[3], 0.0f);
      if (t == 0) continue;
      const auto at = static_cast<std::size_t>((t - 1) * 200 + b);
      EXPECT_EQ(batch.actions[2 * at], 100 * tag + static_cast<float>(slice.start + t - 1));
      EXPECT_EQ(batch.actions[2 * at + 1], 0.0f);
      EXPECT_EQ(batch.rewards[at], 1000 * tag + static_cast<float>(slice.start + t - 1));
      EXPECT_EQ(batch.terminated[at], slice.start + t == kSteps ? 1.0f : 0.0f);
    }
  }
  EXPECT_NEAR(static_cast<double>(num_jumps), 100.0, 30.0);  // four standard deviations: 28
}

TEST_F(DatasetTest, RefusesDataThatIsNotForTheModel) {
  const auto swim = data("swim", 1, 0, "swim");
  EXPECT_NE(error_of([&] { DatasetStore({swim}, use()); }).find("none of the model's tasks"),
            std::string::npos);
  const auto walk = data("walk", 1);
  EXPECT_NE(error_of([&] { DatasetStore({walk}, use(1, 1)); }).find("expected at most 1 and 1"),
            std::string::npos);
  EXPECT_NE(error_of([&] { DatasetStore({folder_}, use()); }).find("no data set here"),
            std::string::npos);
  EXPECT_NE(error_of([&] { data("walk", 1); }).find("holds a data set already"), std::string::npos);
}

TEST_F(DatasetTest, RefusesEpisodesThatAreWrong) {
  DatasetWriter writer(folder_ / "set", header());
  Episode episode = tagged_episode(1, kSteps);
  episode.actions.pop_back();
  EXPECT_NE(error_of([&] { writer.add(episode); }).find("an episode of 6 steps of walk"),
            std::string::npos);
  episode = tagged_episode(1, kSteps);
  episode.rewards[2] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(error_of([&] { writer.add(episode); }), "a reward of an episode holds inf");
  EXPECT_NE(error_of([&] { writer.add(tagged_episode(1, kSteps), 1); }).find("task 1"),
            std::string::npos);
}

TEST_F(DatasetTest, FindsDamage) {
  const auto set = data("set", 4);
  flip_byte(rows_file(set, 0), 3 * (kSteps + 1) * 5 * 4 + 17);  // in the last of four episodes
  const std::string text = error_of([&] { DatasetFolder(set).verify(); });
  EXPECT_NE(text.find("byte 420: episode 3: the checksum is wrong"), std::string::npos) << text;
  flip_byte(index_file(set, 0), sizeof(DatasetEntry) + 3);
  const std::string index_text = error_of([&] { DatasetFolder{set}; });
  EXPECT_NE(index_text.find("byte 24: episode 1: the checksum is wrong"), std::string::npos)
      << index_text;
  const auto cut = data("cut", 4);
  std::filesystem::resize_file(rows_file(cut, 0), 100);
  EXPECT_NE(error_of([&] { DatasetFolder{cut}; }).find("its end is missing"), std::string::npos);
}

TEST_F(DatasetTest, GoesOnBehindAPositionAndForgetsWhatCameLater) {
  constexpr std::int64_t kSmallShards = 200;
  const auto set = folder_ / "set";
  DatasetWriter::Position middle;
  {
    DatasetWriter writer(set, header(), kSmallShards);
    for (std::int64_t tag = 0; tag < 5; ++tag) writer.add(tagged_episode(tag, kSteps));
    middle = writer.flush();
    for (std::int64_t tag = 90; tag < 99; ++tag) writer.add(tagged_episode(tag, kSteps));
    writer.flush();
  }
  DatasetWriter writer(set, header(), kSmallShards);
  writer.cut(middle);
  for (std::int64_t tag = 5; tag < 10; ++tag) writer.add(tagged_episode(tag, kSteps));
  writer.flush();
  const auto whole = data("whole", 10, 0, "walk", kSmallShards);
  for (std::int64_t shard = 0; std::filesystem::exists(rows_file(whole, shard)); ++shard) {
    EXPECT_EQ(read(rows_file(set, shard)), read(rows_file(whole, shard))) << shard;
    EXPECT_EQ(read(index_file(set, shard)), read(index_file(whole, shard))) << shard;
  }
  EXPECT_EQ(DatasetFolder(set).episodes().size(), 10u);
}

TEST_F(DatasetTest, PassesOverTheTailThatAKilledWriterLeaves) {
  const auto set = data("set", 3);
  std::ofstream(rows_file(set, 0), std::ios::binary | std::ios::app) << "half an episode";
  std::ofstream(index_file(set, 0), std::ios::binary | std::ios::app) << "half";
  const DatasetFolder folder(set);
  EXPECT_EQ(folder.episodes().size(), 3u);
  folder.verify();
}

TEST_F(DatasetTest, PrefetchedBatchesFollowFromTheRandomStreamAlone) {
  const DatasetStore store({data("set", 20)}, use());
  constexpr std::int64_t kCount = 16;
  Rng rng(7, "test");
  DatasetPrefetcher prefetcher(store, kCount, 2, rng.state());
  RngState after_five{};
  std::vector<std::vector<float>> seen;
  for (int i = 0; i < 10; ++i) {
    if (i == 5) after_five = prefetcher.state();
    const SliceBatch& batch = prefetcher.next();
    SliceBatch expected;
    store.sample(kCount, 2, rng, expected);
    store.gather(2, expected);
    EXPECT_EQ(batch.observations, expected.observations) << i;
    EXPECT_EQ(batch.rewards, expected.rewards) << i;
    seen.push_back(batch.observations);
  }
  DatasetPrefetcher resumed(store, kCount, 2, after_five);
  for (int i = 5; i < 10; ++i) {
    EXPECT_EQ(resumed.next().observations, seen[static_cast<std::size_t>(i)]) << i;
  }
}

}  // namespace
}  // namespace foresight

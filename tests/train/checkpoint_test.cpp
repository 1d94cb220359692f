#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"
#include "train/loop_state.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class CheckpointTest : public ScratchFolder {
 protected:
  void save(std::int64_t step, const std::string& text = "numbers") const {
    write_checkpoint(folder_, step, [&](const fs::path& part) {
      std::ofstream(part / "weights") << text;
      write_loop_state(part, {});
    });
  }
  fs::path weights(std::size_t index) const {
    return checkpoints_of(folder_)[index].folder / "weights";
  }
  std::string choose_error(bool may_fall_back = false) {
    return error_of([&] { choose_checkpoint(folder_, may_fall_back, remember()); });
  }
  std::function<void(const std::string&)> remember() {
    return [this](const std::string& line) { said_ += line; };
  }
  std::string said_;
};

TEST_F(CheckpointTest, AreListedInOrderAndPruned) {
  for (const std::int64_t step : {30, 5, 200}) save(step);
  fs::create_directories(folder_ / "checkpoints" / "step_7");
  ASSERT_EQ(checkpoints_of(folder_).size(), 3u);
  EXPECT_EQ(checkpoints_of(folder_)[0].step, 5);
  prune_checkpoints(folder_, 2);
  EXPECT_EQ(checkpoints_of(folder_)[0].step, 30);
  drop_checkpoints_after(folder_, 30);
  EXPECT_EQ(checkpoints_of(folder_).size(), 1u);
}

TEST_F(CheckpointTest, OneOfTheSameStepIsReplaced) {
  save(5, "old");
  save(5, "new");
  EXPECT_EQ(read(weights(0)), "new");
  EXPECT_NO_THROW(verify_checkpoint(checkpoints_of(folder_)[0].folder));
}

TEST_F(CheckpointTest, TheNewestIsChosen) {
  save(5);
  save(9);
  EXPECT_EQ(choose_checkpoint(folder_, false, remember()).step, 9);
  EXPECT_EQ(said_, "");
}

TEST_F(CheckpointTest, ADamagedOneIsNamedAndTheOneBeforeItOffered) {
  save(5);
  save(9);
  std::ofstream(weights(1)) << "numberz";
  EXPECT_NE(choose_error().find("weights: damaged: expected the checksum"), std::string::npos);
  EXPECT_NE(choose_error().find("(step 5) with: foresight resume"), std::string::npos);
  EXPECT_EQ(choose_checkpoint(folder_, true, remember()).step, 5);
  EXPECT_NE(said_.find("passed over"), std::string::npos);
}

TEST_F(CheckpointTest, EveryKindOfDamageIsFound) {
  save(5);
  const auto folder = checkpoints_of(folder_)[0].folder;
  std::ofstream(weights(0)) << "num";
  EXPECT_NE(choose_error(true).find("expected 7 bytes, found 3"), std::string::npos);
  fs::remove(weights(0));
  EXPECT_NE(choose_error().find("weights: cannot be read"), std::string::npos);
  std::ofstream(folder / "manifest.json") << "{\"files\": 3";
  EXPECT_NE(choose_error().find("manifest.json: damaged"), std::string::npos);
  fs::remove(folder / "manifest.json");
  EXPECT_NE(choose_error().find("manifest.json: missing"), std::string::npos);
  fs::remove_all(folder);
  EXPECT_NE(choose_error().find("no checkpoint to go on from"), std::string::npos);
}

TEST_F(CheckpointTest, AFailureLeavesTheEarlierOnesAndNothingElse) {
  save(5);
  const std::string text = error_of([&] {
    write_checkpoint(folder_, 9, [](const fs::path& part) {
      std::ofstream(part / "weights") << "half";
      fail("{}: no space left", part.string());
    });
  });
  EXPECT_NE(text.find("the checkpoint of step 9 was not written"), std::string::npos);
  EXPECT_NE(text.find("the one of step 5 is intact"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "checkpoints"), {}), 1);
  EXPECT_EQ(choose_checkpoint(folder_, false, remember()).step, 5);
}

}  // namespace
}  // namespace foresight

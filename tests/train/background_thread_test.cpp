#include "train/background_thread.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace foresight {
namespace {

TEST(BackgroundThread, DoesTheWorkOnTheSameThreadEveryTime) {
  BackgroundThread background;
  std::thread::id first;
  std::thread::id second;
  background.begin([&] { first = std::this_thread::get_id(); });
  background.finish();
  background.begin([&] { second = std::this_thread::get_id(); });
  background.finish();
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(BackgroundThread, ThrowsWhatTheWorkThrewOnce) {
  BackgroundThread background;
  background.begin([] { throw std::runtime_error("no"); });
  EXPECT_THROW(background.finish(), std::runtime_error);
  background.finish();
  int count = 0;
  background.begin([&] { ++count; });
  background.finish();
  EXPECT_EQ(count, 1);
}

TEST(BackgroundThread, CompletesWhatWasBegunBeforeItEnds) {
  int count = 0;
  {
    BackgroundThread background;
    background.begin([&] { ++count; });
  }
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace foresight

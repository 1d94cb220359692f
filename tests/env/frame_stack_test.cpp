#include "env/frame_stack.h"

#include <gtest/gtest.h>

namespace foresight {
namespace {

using Bytes = std::vector<std::uint8_t>;

auto fill_with(std::uint8_t value) {
  return [value](std::span<std::uint8_t> frame) { std::ranges::fill(frame, value); };
}

Bytes frames_of(const FrameStack& stack) { return {stack.frames().begin(), stack.frames().end()}; }

TEST(FrameStack, BeginsWithTheFirstFrameEverywhereAndKeepsTheNewestLast) {
  FrameStack stack({.num_frames = 3, .channels = 1, .height = 1, .width = 2});
  stack.begin(fill_with(7));
  EXPECT_EQ(frames_of(stack), (Bytes{7, 7, 7, 7, 7, 7}));
  stack.add(fill_with(8));
  EXPECT_EQ(frames_of(stack), (Bytes{7, 7, 7, 7, 8, 8}));
  stack.add(fill_with(9));
  stack.add(fill_with(10));
  EXPECT_EQ(frames_of(stack), (Bytes{8, 8, 9, 9, 10, 10}));
  stack.begin(fill_with(1));
  EXPECT_EQ(frames_of(stack), (Bytes{1, 1, 1, 1, 1, 1}));
}

TEST(FrameStack, OfOneFrameIsTheNewest) {
  FrameStack stack({.num_frames = 1, .channels = 1, .height = 1, .width = 2});
  stack.begin(fill_with(7));
  stack.add(fill_with(8));
  EXPECT_EQ(frames_of(stack), (Bytes{8, 8}));
}

}  // namespace
}  // namespace foresight

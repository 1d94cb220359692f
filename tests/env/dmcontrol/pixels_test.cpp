// Pictures as observations of the native DMControl tasks.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "env/dmcontrol/dmcontrol_env.h"

namespace foresight {
namespace {

using Picture = std::vector<std::uint8_t>;

std::unique_ptr<Env> make(const std::string& toml, const std::string& task = "cartpole-swingup") {
  return EnvRegistry::instance()
      .find("dmcontrol/" + task, "environment")
      .make(parse_toml(toml, "test"));
}

Picture frame_of(const Env& env, std::int64_t index) {
  const auto& shape = *env.spec().image;
  const auto size = static_cast<std::size_t>(shape.num_bytes() / shape.num_frames);
  const auto frame = env.image().subspan(static_cast<std::size_t>(index) * size, size);
  return {frame.begin(), frame.end()};
}

TEST(DmControlPixels, AreSeenInsteadOfTheNumbers) {
  const auto env = make("pixels = true\nframe_stack = 3\nimage_size = 32");
  EXPECT_EQ(env->spec().observation_dim, 0);
  EXPECT_EQ(env->spec().image,
            (ImageShape{.num_frames = 3, .channels = 3, .height = 32, .width = 32}));
  env->reset(1);
  EXPECT_TRUE(env->observation(0).empty());
  EXPECT_EQ(std::ssize(env->image()), 3 * 3 * 32 * 32);
}

TEST(DmControlPixels, AreNotThereUnlessAskedFor) {
  const auto env = make("");
  env->reset(1);
  EXPECT_FALSE(env->spec().image.has_value());
  EXPECT_TRUE(env->image().empty());
}

TEST(DmControlPixels, AStackBeginsWithTheFirstFrameRepeatedAndGoesOnWithTheNewestLast) {
  const auto env = make("pixels = true\nframe_stack = 3\nimage_size = 32");
  env->reset(1);
  const Picture first = frame_of(*env, 0);
  EXPECT_EQ(frame_of(*env, 1), first);
  EXPECT_EQ(frame_of(*env, 2), first);
  env->step(std::vector{1.0f});
  const Picture second = frame_of(*env, 2);
  EXPECT_NE(second, first);
  EXPECT_EQ(frame_of(*env, 0), first);
  EXPECT_EQ(frame_of(*env, 1), first);
  env->step(std::vector{1.0f});
  EXPECT_EQ(frame_of(*env, 0), first);
  EXPECT_EQ(frame_of(*env, 1), second);
  env->reset(1);
  EXPECT_EQ(frame_of(*env, 0), first);
  EXPECT_EQ(frame_of(*env, 2), first);
}

// The same episode as without pictures: the sky and the camera are not part of the physics.
TEST(DmControlPixels, LeaveRewardsAsTheyAre) {
  const auto seen =
      make("pixels = true\nimage_size = 16\npicture_quality = \"fast\"", "walker-walk");
  const auto unseen = make("", "walker-walk");
  seen->reset(5);
  unseen->reset(5);
  const std::vector<float> actions(6, 0.3f);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(seen->step(actions).reward, unseen->step(actions).reward);
  }
}

TEST(DmControlPixels, RefuseACameraThatTheModelLacks) {
  try {
    make("pixels = true\ncamera = 9");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("env.camera = 9"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace foresight

#include "env/dmcontrol/mujoco_camera.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/error.h"
#include "env/dmcontrol/suite_model.h"

namespace foresight {
namespace {

using Picture = std::vector<std::uint8_t>;

std::shared_ptr<const mjModel> cartpole() {
  return load_model({.file = "cartpole.xml"}, Sky::kPainted);
}

Picture take(CameraPool& cameras, double angle, int size = 64) {
  MujocoPhysics physics(cartpole());
  physics.reset();
  physics.qpos()[1] = angle;
  physics.forward_without_actuation();
  Picture picture(static_cast<std::size_t>(3 * size * size));
  cameras.take(physics, picture);
  return picture;
}

TEST(MujocoCamera, ShowsWhereThingsAre) {
  const auto cameras = cameras_for(cartpole(), {});
  const Picture up = take(*cameras, 0.0);
  EXPECT_GT(std::set<std::uint8_t>(up.begin(), up.end()).size(), 20u);  // not of one colour
  EXPECT_EQ(take(*cameras, 0.0), up);
  EXPECT_NE(take(*cameras, 3.0), up);
}

// The pole stands above the cart, in the upper half of the picture: rows come from the top down.
TEST(MujocoCamera, BeginsWithTheTopRow) {
  const auto cameras = cameras_for(cartpole(), {});
  const Picture up = take(*cameras, 0.0);
  const Picture down = take(*cameras, 3.14159);
  const auto num_changed = [&](int first_row) {
    int count = 0;
    for (int colour = 0; colour < 3; ++colour) {
      const int begin = (colour * 64 + first_row) * 64;
      for (int i = begin; i < begin + 20 * 64; ++i) count += up[i] != down[i] ? 1 : 0;
    }
    return count;
  };
  EXPECT_GT(num_changed(0), 0);
  // Sky above: in both pictures the uppermost rows are bluer than red.
  const auto mean = [&](int colour) {
    double sum = 0.0;
    for (int i = 0; i < 4 * 64; ++i) sum += down[colour * 64 * 64 + i];
    return sum / (4 * 64);
  };
  EXPECT_GT(mean(2), mean(0));
}

TEST(MujocoCamera, GivesTheSamePictureOnEveryThread) {
  const auto cameras = cameras_for(cartpole(), {});
  const Picture expected = take(*cameras, 1.0);
  std::vector<Picture> taken(8);
  std::vector<std::thread> threads;
  for (Picture& picture : taken) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) picture = take(*cameras, 1.0);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const Picture& picture : taken) EXPECT_EQ(picture, expected);
}

TEST(MujocoCamera, FastPicturesLookAlikeButForShadowsAndEdges) {
  const auto suite = cameras_for(cartpole(), {});
  const auto fast = cameras_for(cartpole(), {.quality = PictureQuality::kFast});
  const Picture a = take(*suite, 0.5);
  const Picture b = take(*fast, 0.5);
  EXPECT_NE(a, b);
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  EXPECT_LT(sum / static_cast<double>(a.size()), 20.0);  // grey levels
}

TEST(MujocoCamera, TakesPicturesOfOtherSizes) {
  const auto cameras = cameras_for(cartpole(), {.size = 84});
  const Picture picture = take(*cameras, 0.0, 84);
  EXPECT_GT(std::set<std::uint8_t>(picture.begin(), picture.end()).size(), 20u);
}

TEST(MujocoCamera, IsSharedByEnvironmentsThatLookAlike) {
  const auto model = cartpole();
  const auto cameras = cameras_for(model, {});
  EXPECT_EQ(cameras_for(model, {}), cameras);
  EXPECT_NE(cameras_for(model, {.camera = 1}), cameras);
}

TEST(GlLibrary, IsEglOrOsMesa) {
  const std::set<std::string> names{"egl", "osmesa"};
  EXPECT_EQ(names.count(gl_library().name()), 1u);
}

}  // namespace
}  // namespace foresight

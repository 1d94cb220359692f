// Pictures of the native tasks beside those of Python's dm_control, drawn through OSMesa
// (python/record_dmcontrol_pictures.py): both see the same state, bit for bit. Here whatever draws
// on this machine may differ from that Mesa in rounding: on edges a smoothed pixel by more, so that
// single pixels get a wide tolerance and the mean a narrow one. With the same Mesa 22.3.6, through
// EGL as through OSMesa, no byte differs.
#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "env/dmcontrol/dmcontrol_env.h"

namespace foresight {
namespace {

constexpr std::int64_t kSize = 64;
constexpr std::int64_t kColours = 3;
constexpr int kSteps = 8;
constexpr float kAction = 0.5f;
// Grey levels. A wrong camera, light, texture or state moves the mean by 3 and more.
constexpr double kMeanTolerance = 0.5;
constexpr int kPixelTolerance = 24;
constexpr std::size_t kMaxPixelsBeyond = 16;  // of 64 * 64 * 3

using Picture = std::vector<std::uint8_t>;

std::filesystem::path fixtures() {
  return std::filesystem::path(FORESIGHT_SOURCE_DIR) / "tests/fixtures/dmcontrol_pictures";
}

// [C, S, S] of [S, S, C].
Picture to_planes(std::span<const std::uint8_t> pixels) {
  Picture planes(pixels.size());
  for (std::int64_t i = 0; i < kSize * kSize; ++i) {
    for (std::int64_t c = 0; c < kColours; ++c) {
      planes[c * kSize * kSize + i] = pixels[i * kColours + c];
    }
  }
  return planes;
}

std::vector<Picture> read_pictures(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const Picture bytes{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t size = kSize * kSize * kColours;
  EXPECT_EQ(bytes.size(), 2 * size) << file;
  if (bytes.size() != 2 * size) return {};
  return {to_planes(std::span(bytes).first(size)), to_planes(std::span(bytes).last(size))};
}

std::vector<Picture> draw(const std::string& task) {
  const auto env = EnvRegistry::instance()
                       .find("dmcontrol/" + task, "environment")
                       .make(parse_toml("pixels = true", "test"));
  env->reset(3);
  std::vector<Picture> pictures{{env->image().begin(), env->image().end()}};
  const std::vector<float> actions(static_cast<std::size_t>(env->spec().action_dim), kAction);
  for (int i = 0; i < kSteps; ++i) env->step(actions);
  pictures.emplace_back(env->image().begin(), env->image().end());
  return pictures;
}

void expect_alike(const Picture& drawn, const Picture& expected, const std::string& where) {
  ASSERT_EQ(drawn.size(), expected.size()) << where;
  double sum = 0.0;
  std::size_t num_beyond = 0;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const int difference = std::abs(int{drawn[i]} - int{expected[i]});
    sum += difference;
    num_beyond += difference > kPixelTolerance ? 1 : 0;
  }
  EXPECT_LE(sum / static_cast<double>(drawn.size()), kMeanTolerance) << where;
  EXPECT_LE(num_beyond, kMaxPixelsBeyond) << where;
}

std::vector<std::filesystem::path> recorded_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void expect_pictures_in(const std::filesystem::path& file) {
  const std::string task = file.stem().string();
  const auto expected = read_pictures(file);
  const auto drawn = draw(task);
  ASSERT_EQ(drawn.size(), expected.size()) << task;
  expect_alike(drawn[0], expected[0], task + ", first picture");
  expect_alike(drawn[1], expected[1], task + ", last picture");
  EXPECT_NE(drawn[0], drawn[1]) << task;
}

class RecordedPictures : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(RecordedPictures, LookAlikeHere) { expect_pictures_in(GetParam()); }

INSTANTIATE_TEST_SUITE_P(DmControl, RecordedPictures,
                         testing::ValuesIn(recorded_pictures(fixtures())), [](const auto& info) {
                           std::string name = info.param.stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// In a process of its own: the choice is for the whole process.
void expect_drawn_through(const std::string& library, const char* file) {
  if (::dlopen(file, RTLD_LAZY) == nullptr) GTEST_SKIP() << file << " is not installed here";
  const std::string command =
      fmt::format("MUJOCO_GL={} {} --gtest_filter='*RecordedPictures*cartpole_swingup' > /dev/null",
                  library, std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

TEST(DmControlPictures, LookAlikeThroughEgl) { expect_drawn_through("egl", "libEGL.so.1"); }

TEST(DmControlPictures, LookAlikeThroughOsMesa) {
  expect_drawn_through("osmesa", "libOSMesa.so.8");
}

TEST(DmControlPictures, LongLookAsDmControlDrawsThemHere) {
  const char* python = std::getenv("FORESIGHT_DMCONTROL_PYTHON");
  if (python == nullptr) {
    GTEST_SKIP()
        << "set FORESIGHT_DMCONTROL_PYTHON to the interpreter that ./foresight env install "
           "dmcontrol makes";
  }
  const auto folder = std::filesystem::path(testing::TempDir()) / "dmcontrol_pictures";
  const std::string command = fmt::format("{} {}/python/record_dmcontrol_pictures.py {}", python,
                                          FORESIGHT_SOURCE_DIR, folder.string());
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const auto files = recorded_pictures(folder);
  EXPECT_EQ(files.size(), recorded_pictures(fixtures()).size());
  for (const auto& file : files) expect_pictures_in(file);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace foresight

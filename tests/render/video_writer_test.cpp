#include "render/video_writer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "render/canvas.h"
#include "render/test_folder.h"
#include "render/video_file.h"

namespace foresight {
namespace {

constexpr VideoFormat kFormat{.width = 128, .height = 96, .frames_per_second = 50};

// The search path of programs, for the length of a test.
class SearchPath {
 public:
  explicit SearchPath(const std::string& path) : before_(std::getenv("PATH")) {
    setenv("PATH", path.c_str(), 1);
  }
  ~SearchPath() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

// A program named ffmpeg in `folder` that does what `script` says.
void make_ffmpeg(const std::filesystem::path& folder, const std::string& script) {
  const auto file = folder / "ffmpeg";
  std::ofstream(file) << "#!/bin/sh\n" << script;
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// A grey that changes with the frame.
void write_frame(VideoWriter& video, int frame) {
  Canvas canvas(kFormat.width, kFormat.height);
  const auto shade = static_cast<std::uint8_t>(40 + 4 * frame);
  canvas.fill_rectangle({0.0, 0.0, 128.0, 96.0}, Ink{{shade, shade, shade}});
  video.write(canvas.bgra());
}

TEST(VideoWriter, MakesAFileThatFfprobeReadsWithEveryFrame) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  VideoWriter video(path, kFormat);
  for (int frame = 0; frame < 37; ++frame) write_frame(video, frame);
  EXPECT_EQ(video.num_frames(), 37);
  EXPECT_FALSE(std::filesystem::exists(path)) << "a half file has the name of a whole one";
  video.finish();
  EXPECT_EQ(folder.names(), std::vector<std::string>{"film.mp4"});
  const VideoFile file = probe(path);
  EXPECT_EQ(file.num_frames, 37);
  EXPECT_EQ(file.width, kFormat.width);
  EXPECT_EQ(file.height, kFormat.height);
  EXPECT_EQ(file.frame_rate, "50/1");
  EXPECT_EQ(file.codec, "h264");
  EXPECT_EQ(file.pixel_format, "yuv420p");
}

TEST(VideoWriter, KeepsTheColoursOfItsFrames) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  Canvas canvas(kFormat.width, kFormat.height);
  canvas.fill_rectangle({0.0, 0.0, 64.0, 96.0}, Ink{{235, 98, 53}});
  VideoWriter video(path, kFormat);
  for (int frame = 0; frame < 5; ++frame) video.write(canvas.bgra());
  video.finish();
  const Canvas seen = frame_of(path, 3, folder.path() / "frame.png");
  EXPECT_NEAR(seen.pixel(30, 50).red, 235, 4);
  EXPECT_NEAR(seen.pixel(30, 50).green, 98, 4);
  EXPECT_NEAR(seen.pixel(30, 50).blue, 53, 4);
  EXPECT_GT(seen.pixel(100, 50).blue, 250);
}

TEST(VideoWriter, MakesTheFoldersOfItsFile) {
  const TestFolder folder;
  const auto path = folder.path() / "a" / "b c" / "-film: it's.mp4";
  VideoWriter video(path, kFormat);
  write_frame(video, 0);
  video.finish();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(VideoWriter, LeavesNothingBehindWhenItIsNotFinished) {
  const TestFolder folder;
  {
    VideoWriter video(folder.path() / "film.mp4", kFormat);
    for (int frame = 0; frame < 20; ++frame) write_frame(video, frame);
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{});
}

TEST(VideoWriter, SaysWhatToInstallWhenFfmpegIsMissing) {
  const TestFolder folder;
  const SearchPath nothing(folder.path().string());
  const std::string message = message_of([&] { VideoWriter(folder.path() / "film.mp4", kFormat); });
  EXPECT_NE(message.find("apt install ffmpeg"), std::string::npos) << message;
}

TEST(VideoWriter, TellsTheLastWordsOfAnFfmpegThatEndsEarly) {
  const TestFolder folder;
  make_ffmpeg(folder.path(), "echo 'film.mp4: No space left on device' >&2\nexit 3\n");
  const SearchPath fake(folder.path().string());
  const std::string message = message_of([&] {
    VideoWriter video(folder.path() / "film.mp4", kFormat);
    // Enough to fill any buffer between the two.
    for (int frame = 0; frame < 1000; ++frame) write_frame(video, 0);
  });
  EXPECT_NE(message.find("No space left on device"), std::string::npos) << message;
  EXPECT_NE(message.find("exit code 3"), std::string::npos) << message;
}

TEST(VideoWriter, KeepsTheOldFileWhenFfmpegFailsAtTheEnd) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  std::ofstream(path) << "old";
  // Leaves a half file under the name it was told: the last argument, less its "file:".
  make_ffmpeg(folder.path(),
              "for last; do :; done\necho half > \"${last#file:}\"\n"
              "/bin/cat > /dev/null\necho 'Conversion failed!' >&2\nexit 1\n");
  {
    const SearchPath fake(folder.path().string());
    VideoWriter video(path, kFormat);
    write_frame(video, 0);
    const std::string message = message_of([&] { video.finish(); });
    EXPECT_NE(message.find("Conversion failed!"), std::string::npos) << message;
  }
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "old");
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"ffmpeg", "film.mp4"}));
}

TEST(VideoWriter, TellsThatFfmpegWasKilled) {
  const TestFolder folder;
  make_ffmpeg(folder.path(), "/bin/cat > /dev/null\nkill -9 $$\n");
  const SearchPath fake(folder.path().string());
  VideoWriter video(folder.path() / "film.mp4", kFormat);
  EXPECT_NE(message_of([&] { video.finish(); }).find("signal 9"), std::string::npos);
}

TEST(VideoWriter, RefusesANameThatIsNoMp4) {
  EXPECT_NE(message_of([] { VideoWriter("film.avi", kFormat); }).find("film.avi"),
            std::string::npos);
}

TEST(VideoWriter, RefusesOddSizesAndFramesOfAnotherSize) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  EXPECT_THROW(VideoWriter(path, {.width = 33, .height = 20}), ContractViolation);
  VideoWriter video(path, kFormat);
  EXPECT_THROW(video.write(Canvas(64, 96).bgra()), ContractViolation);
}

}  // namespace
}  // namespace foresight

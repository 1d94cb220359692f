#include "render/video_writer.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

// Players assume BT.709 in tall pictures, so that is what the colours are converted to.
constexpr const char* kFilter = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";

std::vector<std::string> encoder_arguments(const std::filesystem::path& file,
                                           const VideoFormat& format) {
  return {"-hide_banner", "-loglevel", "error", "-nostats", "-y",
          // Otherwise a full disk at the very end counts as success.
          "-xerror",
          // Input.
          "-f", "rawvideo", "-pix_fmt", "bgra", "-video_size",
          fmt::format("{}x{}", format.width, format.height), "-framerate",
          fmt::format("{}", format.frames_per_second), "-i", "pipe:0",
          // Output. Quality 18 keeps the edges of flat shapes clean.
          "-an", "-vf", kFilter, "-c:v", "libx264", "-preset", "veryfast", "-crf", "18",
          "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-movflags",
          "+faststart",
          // "file:" keeps names with a colon or a leading dash what they are.
          "-f", "mp4", "file:" + file.string()};
}

}  // namespace

VideoWriter::VideoWriter(const std::filesystem::path& path, const VideoFormat& format)
    : path_(path), format_(format) {
  FS_CHECK(format.width > 0 && format.height > 0 && format.frames_per_second > 0 &&
               format.width % 2 == 0 && format.height % 2 == 0,
           "a video of {} x {} pixels, {} frames a second", format.width, format.height,
           format.frames_per_second);
  if (path.extension() != ".mp4") {
    fail("{}: the name of a video must end in .mp4", path.string());
  }
  std::error_code problem;
  const std::filesystem::path folder = path.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, problem);
  if (problem) fail("{}: cannot make the folder: {}", folder.string(), problem.message());
  unfinished_ = fmt::format("{}.{}.part", path.string(), getpid());
  encoder_ = std::make_unique<FfmpegProcess>(encoder_arguments(unfinished_, format));
}

VideoWriter::~VideoWriter() {
  encoder_.reset();
  remove_unfinished();
}

void VideoWriter::write(std::span<const std::uint8_t> bgra) {
  const std::size_t expected = std::size_t{4} * format_.width * format_.height;
  FS_CHECK(encoder_ != nullptr, "a frame for a video that has ended");
  FS_CHECK(bgra.size() == expected, "a frame of {} bytes, not {}", bgra.size(), expected);
  encoder_->send(bgra);
  ++num_frames_;
}

void VideoWriter::finish() {
  FS_CHECK(encoder_ != nullptr, "a video that has ended is finished again");
  // If this throws, the destructor removes what is there.
  encoder_->finish();
  encoder_.reset();
  std::error_code problem;
  std::filesystem::rename(unfinished_, path_, problem);
  if (problem) fail("{}: cannot write the video: {}", path_.string(), problem.message());
}

void VideoWriter::remove_unfinished() {
  std::error_code ignored;  // most often it is not there: it has been renamed
  std::filesystem::remove(unfinished_, ignored);
}

}  // namespace foresight

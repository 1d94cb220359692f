// Turns frames into an mp4 (H.264) by piping them to the program ffmpeg. The file appears under its
// name only when it is complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "render/ffmpeg_process.h"

namespace foresight {

struct VideoFormat {
  int width = 0;   // pixels, even
  int height = 0;  // pixels, even
  int frames_per_second = 50;
};

class VideoWriter {
 public:
  // Makes missing folders of `path`, which ends in ".mp4", and starts ffmpeg. Error if ffmpeg is
  // missing or the folder cannot be written.
  VideoWriter(const std::filesystem::path& path, const VideoFormat& format);
  // Without finish(): ffmpeg is ended and nothing is left on the disk.
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  // bgra [height, width, 4]. Error with ffmpeg's last words if it has ended.
  void write(std::span<const std::uint8_t> bgra);
  // Waits for ffmpeg and gives the file its name; an older one is replaced. Error if ffmpeg failed.
  void finish();

  std::int64_t num_frames() const { return num_frames_; }

 private:
  void remove_unfinished();

  std::filesystem::path path_;
  std::filesystem::path unfinished_;
  VideoFormat format_;
  std::int64_t num_frames_ = 0;
  std::unique_ptr<FfmpegProcess> encoder_;  // null when finished or failed
};

}  // namespace foresight

// What ffprobe says of a video, and one of its frames as a picture. Test failures when the programs
// are missing: ./foresight installs them.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "render/canvas.h"

namespace foresight {

struct VideoFile {
  int width = 0;
  int height = 0;
  int num_frames = 0;
  std::string codec;
  std::string pixel_format;
  std::string frame_rate;
};

inline std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

// Decodes every frame to count them.
inline VideoFile probe(const std::filesystem::path& path) {
  std::istringstream lines(output_of(
      "ffprobe -v error -count_frames -select_streams v:0 -show_entries "
      "stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_read_frames -of default=nw=1 '" +
      path.string() + "'"));
  VideoFile video;
  for (std::string line; std::getline(lines, line);) {
    const std::string key = line.substr(0, line.find('='));
    const std::string value = line.substr(line.find('=') + 1);
    if (key == "width") video.width = std::stoi(value);
    if (key == "height") video.height = std::stoi(value);
    if (key == "nb_read_frames") video.num_frames = std::stoi(value);
    if (key == "codec_name") video.codec = value;
    if (key == "pix_fmt") video.pixel_format = value;
    if (key == "r_frame_rate") video.frame_rate = value;
  }
  return video;
}

inline Canvas frame_of(const std::filesystem::path& video, int frame,
                       const std::filesystem::path& picture) {
  output_of("ffmpeg -v error -y -i '" + video.string() + "' -vf 'select=eq(n\\," +
            std::to_string(frame) + ")' -frames:v 1 '" + picture.string() + "' < /dev/null");
  return Canvas::read_png(picture);
}

// Mean difference of red within an area.
inline double distance(const Canvas& a, const Canvas& b, const Rectangle& area) {
  double sum = 0.0;
  for (int y = static_cast<int>(area.y); y < area.y + area.height; ++y) {
    for (int x = static_cast<int>(area.x); x < area.x + area.width; ++x) {
      sum += std::abs(a.pixel(x, y).red - b.pixel(x, y).red);
    }
  }
  return sum / (area.width * area.height);
}

}  // namespace foresight

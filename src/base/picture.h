// A picture as plain bytes, with a name where there are several.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace foresight {

struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t channels = 3;         // 1: gray, 3: red, green, blue
  std::vector<std::uint8_t> pixels;  // [height, width, channels]
};

struct NamedPicture {
  std::string name;
  Picture picture;
};

}  // namespace foresight

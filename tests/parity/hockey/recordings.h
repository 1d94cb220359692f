// The recordings of the original game: one JSON object a line, gzip; the first line tells the
// format.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace foresight {

inline std::filesystem::path hockey_fixture(const std::string& name) {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  const std::filesystem::path root =
      folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures";
  return root / "hockey" / name;
}

inline std::string read_gzip(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path.string());
  std::string text;
  std::vector<char> block(1 << 16);
  int size = 0;
  while ((size = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0) {
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  gzclose(file);
  if (size < 0) throw std::runtime_error("damaged: " + path.string());
  return text;
}

// The lines of one type, in the file's order. Fails if there is none.
inline std::vector<nlohmann::json> read_recordings(const std::string& name,
                                                   const std::string& type) {
  const auto path = hockey_fixture(name);
  std::vector<nlohmann::json> result;
  const std::string text = read_gzip(path);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    auto line = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                      text.begin() + static_cast<std::ptrdiff_t>(end));
    if (line.at("type") == type) result.push_back(std::move(line));
    begin = end + 1;
  }
  if (result.empty()) throw std::runtime_error(path.string() + " holds no " + type);
  return result;
}

}  // namespace foresight

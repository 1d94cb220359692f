// A recording of a task of dm_control 1.0.50 on MuJoCo 3.17.0: episodes with the state before every
// step, actions, observations and rewards. Numbers are printed so that they read back exactly.
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

// Two folders: the suite's own 28 tasks, and the 11 that TD-MPC2 added, whose recordings are ours.
inline std::filesystem::path recorded_tasks_folder(const std::string& folder) {
  const char* given = std::getenv("FORESIGHT_FIXTURES");
  const std::filesystem::path own = FORESIGHT_SOURCE_DIR "/tests/fixtures";
  return (given != nullptr && folder == "dmcontrol" ? std::filesystem::path(given) : own) / folder;
}

// Paths without their ending, sorted by name: ".../walker-walk".
inline std::vector<std::filesystem::path> recorded_tasks(const std::string& folder) {
  const std::string ending = ".json.gz";
  std::vector<std::filesystem::path> tasks;
  for (const auto& entry : std::filesystem::directory_iterator(recorded_tasks_folder(folder))) {
    const std::string path = entry.path().string();
    if (path.ends_with(ending)) tasks.emplace_back(path.substr(0, path.size() - ending.size()));
  }
  std::sort(tasks.begin(), tasks.end());
  return tasks;
}

inline nlohmann::json read_recorded_task(const std::filesystem::path& task) {
  const std::string path = task.string() + ".json.gz";
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::string text;
  std::vector<char> block(1 << 16);
  int size = 0;
  while ((size = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0) {
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  gzclose(file);
  if (size < 0) throw std::runtime_error("damaged: " + path);
  return nlohmann::json::parse(text);
}

}  // namespace foresight

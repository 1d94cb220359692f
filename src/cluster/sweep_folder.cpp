#include "cluster/sweep_folder.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/atomic_file.h"
#include "train/run_folder.h"
#include "train/run_record.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "sweep.json";

// "agent.planner.horizon=3 seed=1" -> "horizon-3_seed-1", letters that are safe in file names.
std::string folder_words(const std::vector<std::string>& overrides) {
  constexpr std::size_t kLongest = 60;
  std::string words;
  for (const std::string& assignment : overrides) {
    const auto equals = assignment.find('=');
    const auto dot = assignment.rfind('.', equals);
    const std::string text = assignment.substr(dot == std::string::npos ? 0 : dot + 1);
    words += "_";
    for (const char letter : text) {
      const bool is_safe = std::isalnum(static_cast<unsigned char>(letter)) || letter == '.' ||
                           letter == '_' || letter == '+';
      if (is_safe || words.back() != '-') words += is_safe ? letter : '-';
    }
  }
  return words.substr(0, kLongest);
}

fs::path fresh_folder(const fs::path& parent, const std::string& name) {
  const std::string stem = local_time("%Y%m%d-%H%M%S") + folder_words({name});
  fs::path folder = parent / stem;
  for (int i = 2; fs::exists(folder); ++i) folder = parent / fmt::format("{}-{}", stem, i);
  return folder;
}

}  // namespace

fs::path create_sweep_folder(const fs::path& parent, const std::vector<SweepMember>& members,
                             const std::string& command) {
  FS_CHECK(!members.empty(), "a sweep of nothing");
  const ExperimentConfig& config = members.front().experiment.config;
  const fs::path folder = fresh_folder(parent, config.name);
  SweepRecord record{.name = config.name,
                     .note = config.note,
                     .command = command,
                     .time = local_time(),
                     .runs = {},
                     .overrides = {},
                     .jobs = std::vector<std::string>(members.size())};
  try {
    for (std::size_t i = 0; i < members.size(); ++i) {
      record.runs.push_back(fmt::format("{:03}{}", i, folder_words(members[i].overrides)));
      record.overrides.push_back(fmt::format("{}", fmt::join(members[i].overrides, " ")));
      create_run_folder(members[i].experiment, parent, folder / record.runs.back(), command);
    }
    write_sweep_record(folder, record);
  } catch (const Error&) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
  }
  return folder;
}

void write_sweep_record(const fs::path& sweep_folder, const SweepRecord& record) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < record.runs.size(); ++i) {
    runs.push_back(
        {{"folder", record.runs[i]}, {"overrides", record.overrides[i]}, {"job", record.jobs[i]}});
  }
  const nlohmann::ordered_json json{{"name", record.name},
                                    {"note", record.note},
                                    {"time", record.time},
                                    {"command", record.command},
                                    {"runs", std::move(runs)}};
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  write_file_atomically(sweep_folder / kFile, json.dump(2, ' ', false, replace) + "\n");
}

SweepRecord read_sweep_record(const fs::path& sweep_folder) {
  const fs::path path = sweep_folder / kFile;
  std::ifstream in(path);
  if (!in) fail("{}: cannot be read; is this a sweep's folder?", path.string());
  try {
    const auto json = nlohmann::json::parse(in);
    SweepRecord record{.name = json.at("name"),
                       .note = json.at("note"),
                       .command = json.at("command"),
                       .time = json.at("time"),
                       .runs = {},
                       .overrides = {},
                       .jobs = {}};
    for (const auto& run : json.at("runs")) {
      record.runs.push_back(run.at("folder"));
      record.overrides.push_back(run.at("overrides"));
      record.jobs.push_back(run.at("job"));
    }
    return record;
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: {}", path.string(), problem.what());
  }
}

bool is_sweep_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kFile, ignored);
}

std::vector<fs::path> sweep_folders(const fs::path& parent) {
  std::vector<fs::path> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(parent, none)) {
    if (is_sweep_folder(entry.path())) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);  // names begin with the time
  return folders;
}

}  // namespace foresight

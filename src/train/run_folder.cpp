#include "train/run_folder.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "base/error.h"
#include "base/registry.h"
#include "train/build_info.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunsFolder = "runs";
constexpr const char* kConfigFile = "config.toml";

std::string local_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof(text), format, &parts)};
}

// Letters that are safe in a folder's name.
std::string file_name(const std::string& text) {
  std::string name;
  for (const char letter : text) {
    const bool is_safe = std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' ||
                         letter == '_' || letter == '.';
    name += is_safe ? letter : '-';
  }
  return name.empty() ? "unnamed" : name;
}

fs::path fresh_folder(const fs::path& parent, const std::string& name) {
  const std::string stem = local_time("%Y%m%d-%H%M%S") + "_" + file_name(name);
  fs::path folder = parent / stem;
  for (int i = 2; fs::exists(folder); ++i) folder = parent / fmt::format("{}-{}", stem, i);
  return folder;
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  if (!out.flush()) fail("cannot write {}", file.string());
}

}  // namespace

fs::path create_run_folder(const Experiment& experiment, const fs::path& parent,
                           const fs::path& folder, const std::string& command) {
  const ExperimentConfig& config = experiment.config;
  if (!folder.empty() && is_run_folder(folder)) {
    fail("{} already holds a run; go on with it (foresight resume {}) or choose another folder",
         folder.string(), folder.string());
  }
  const fs::path run = folder.empty() ? fresh_folder(parent, config.name) : folder;
  std::error_code error;
  fs::create_directories(run, error);
  if (error) fail("cannot make the folder {}: {}", run.string(), error.message());
  write_text(run / kConfigFile, to_commented_toml(config));
  const nlohmann::ordered_json about{
      {"name", config.name},        {"note", config.note},
      {"seed", config.seed},        {"version", program_version()},
      {"commit", program_commit()}, {"started", local_time("%Y-%m-%d %H:%M:%S %z")},
      {"command", command}};
  write_text(run / "run.json", about.dump(2) + "\n");
  write_machine_file(run / "machine.json");
  return run;
}

bool is_run_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kConfigFile, ignored) &&
         fs::is_regular_file(folder / "run.json", ignored);
}

std::vector<std::string> run_names() {
  std::vector<std::string> names;
  if (!fs::is_directory(kRunsFolder)) return names;
  for (const auto& entry : fs::directory_iterator(kRunsFolder)) {
    if (is_run_folder(entry.path())) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());  // names begin with the time
  return names;
}

fs::path find_run(const std::string& name_or_folder) {
  if (is_run_folder(name_or_folder)) return name_or_folder;
  const std::vector<std::string> names = run_names();
  if (name_or_folder == "last") {
    if (names.empty()) fail("there are no runs under {}/ yet", kRunsFolder);
    return fs::path(kRunsFolder) / names.back();
  }
  const fs::path run = fs::path(kRunsFolder) / name_or_folder;
  if (is_run_folder(run)) return run;
  fail("no run \"{}\"{} (see: foresight list runs)", name_or_folder,
       did_you_mean(name_or_folder, names));
}

fs::path find_run_or_model(const std::string& name_or_folder) {
  if (is_model_folder(name_or_folder)) return name_or_folder;
  std::vector<std::string> known = run_names();
  const bool is_run_name = name_or_folder == "last" ||
                           std::find(known.begin(), known.end(), name_or_folder) != known.end();
  if (is_run_name || is_run_folder(name_or_folder)) {
    const fs::path run = find_run(name_or_folder);
    for (const char* part : {"best", "model"}) {
      if (is_model_folder(run / part)) return run / part;
    }
    fail("{} holds no weights yet", run.string());
  }
  try {
    return find_model(name_or_folder);
  } catch (const Error&) {
    for (const std::string& name : model_names()) known.push_back(name);
    known.emplace_back("last");
    fail("\"{}\" is neither a run nor a model{} (see: foresight list models, foresight list runs)",
         name_or_folder, did_you_mean(name_or_folder, known));
  }
}

void replace_folder(const fs::path& target, const std::function<void(const fs::path&)>& fill) {
  const fs::path fresh = target.string() + ".new";
  const fs::path old = target.string() + ".old";
  try {
    fs::remove_all(fresh);
    fs::create_directories(fresh);
    fill(fresh);
    fs::remove_all(old);
    if (fs::exists(target)) fs::rename(target, old);
    fs::rename(fresh, target);
    fs::remove_all(old);
  } catch (const fs::filesystem_error& error) {
    fail("cannot write {}: {}", target.string(), error.what());
  }
}

void recover_folder(const fs::path& target) {
  const fs::path old = target.string() + ".old";
  if (!fs::exists(target) && fs::exists(old)) fs::rename(old, target);
}

}  // namespace foresight

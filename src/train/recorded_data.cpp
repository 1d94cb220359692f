#include "train/recorded_data.h"

#include <algorithm>

#include "agent/agent.h"
#include "base/error.h"
#include "replay/dataset_format.h"
#include "train/dataset_recorder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::size_t first = std::min(text.find_first_not_of(' ', begin), end);
    std::string part = text.substr(first, end - first);
    part.erase(part.find_last_not_of(' ') + 1);
    if (!part.empty()) parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

bool learns_from_data(const ExperimentConfig& config) { return !split(config.data).empty(); }

std::vector<fs::path> data_folders(const ExperimentConfig& config) {
  const auto parts = split(config.data);
  return {parts.begin(), parts.end()};
}

std::string resolved_data(const std::string& data) {
  std::vector<std::string> folders;
  for (const std::string& part : split(data)) {
    fs::path folder = fs::absolute(part).lexically_normal();
    if (!is_dataset_folder(folder) && is_dataset_folder(recorded_folder(folder))) {
      folder = recorded_folder(folder);
    }
    folders.push_back(folder.string());
  }
  return fmt::format("{}", fmt::join(folders, ", "));
}

void check_data(const Experiment& experiment) {
  const EnvSpec& spec = experiment.env_spec;
  if (learns_from_data(experiment.config)) {
    const auto agent = make_agent(experiment.config.agent, spec,
                                  static_cast<std::uint64_t>(experiment.config.seed));
    agent->learn_from(data_folders(experiment.config));
    return;
  }
  if (!spec.tasks.empty() && spec.task < 0) {
    fail(
        "{} has {} tasks and none is chosen to be played: give data=FOLDER,FOLDER to learn from "
        "recorded episodes (foresight train ... --save-replay records them), or env.task={}",
        spec.id, spec.tasks.size(), spec.tasks.front().name);
  }
}

}  // namespace foresight

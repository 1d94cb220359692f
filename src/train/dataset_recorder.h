// Keeps every episode that an agent saw while it was trained, as a data set (train.save_replay):
// <run>/replay. A resumed run goes on where its checkpoint was.
#pragma once

#include <filesystem>
#include <string>

#include "agent/agent.h"
#include "replay/dataset_writer.h"
#include "replay/episode_recorder.h"

namespace foresight {

std::filesystem::path recorded_folder(const std::filesystem::path& run_folder);

// What a data set of this environment's episodes says of itself.
DatasetHeader dataset_header_of(const EnvSpec& spec, std::string source);

class DatasetRecorder : public Observer {
 public:
  // Error: pictures, which are not kept.
  DatasetRecorder(const std::filesystem::path& folder, const EnvSpec& spec, std::string source);

  void observe(const Transition& transition) override;
  void forget_unfinished(std::int64_t game) override { recorder_.forget(game); }

  // How far the data set reaches, and the episodes in progress.
  void save(const std::filesystem::path& checkpoint);
  void load(const std::filesystem::path& checkpoint);

 private:
  EpisodeRecorder recorder_;
  DatasetWriter writer_;
};

}  // namespace foresight

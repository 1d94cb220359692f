// Recordings of the Python originals: tensors by name, their hyper-parameters, and the way from the
// originals' parameter names to ours.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/tdmpc2/learner_config.h"
#include "io/safetensors.h"
#include "nn/torch.h"
#include "planner/mppi.h"
#include "world_model/tdmpc2/tensor_scorer.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

// Our parameter names to tensors.
using NamedTensors = std::map<std::string, torch::Tensor>;

// The folder of recordings: FORESIGHT_FIXTURES, or tests/fixtures.
std::string fixture_folder();

// One folder of tdmpc2/: its meta.json and its files.
class Recording {
 public:
  explicit Recording(const std::string& folder);

  const nlohmann::json& config() const { return meta_.at("cfg"); }
  nlohmann::json extra(const std::string& file) const;
  // Overrides of the config for one file (cfg_<file>), empty if there are none.
  nlohmann::json overrides(const std::string& file) const;
  double discount() const;                     // of a model of one task
  std::vector<double> task_discounts() const;  // one a task of a model of several; else empty
  const std::string& folder() const { return folder_; }
  std::string path(const std::string& file) const { return folder_ + "/" + file + ".safetensors"; }

 private:
  std::string folder_;
  nlohmann::json meta_;
};

// The tensors of one file.
class RecordedFile {
 public:
  RecordedFile(const Recording& recording, const std::string& file);
  bool contains(const std::string& name) const { return file_.contains(name); }
  torch::Tensor at(const std::string& name) const;  // float32 or int64
  std::vector<std::string> names() const { return file_.names(); }
  // Parameters whose recorded name begins with `prefix`, under our names.
  NamedTensors parameters(const std::string& prefix) const;

 private:
  SafetensorsFile file_;
};

enum class Variant { kOfficial, kHockey };

Tdmpc2ModelConfig model_config(const nlohmann::json& config, Variant variant);
MppiConfig planner_config(const nlohmann::json& config, Variant variant);
SequenceValueConfig value_config(Variant variant);
Tdmpc2LearnerConfig learner_config(const nlohmann::json& config, Variant variant);

// A model of the recording's shapes with the parameters of one of its files.
WorldModel recorded_model(const nlohmann::json& config, Variant variant,
                          const NamedTensors& parameters);
void load_parameters(WorldModel& model, const NamedTensors& parameters);

// The tasks that a file's tensors are of; nothing with a model of one.
TaskContext recorded_tasks(const WorldModel& model, const RecordedFile& file);

// Mean and standard deviation of a parameter right after construction, from init_stats.json; of a
// stacked tensor over all members. Nothing for a name that was not recorded.
struct TensorStatistics {
  double mean = 0.0;
  double std = 0.0;
};
std::optional<TensorStatistics> recorded_statistics(const Recording& recording,
                                                    const std::string& our_name);

// |actual - expected| <= tolerance * max(1, |expected|) everywhere, and equal shapes.
void expect_close(const torch::Tensor& actual, const torch::Tensor& expected, double tolerance,
                  const std::string& what);

}  // namespace foresight

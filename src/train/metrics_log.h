// Named numbers over the course of a run: averaged between rows, written as JSON lines, CSV and for
// TensorBoard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "io/csv_writer.h"
#include "io/jsonl_writer.h"
#include "io/tensorboard_writer.h"

namespace foresight {

// Averages what is added until it is taken; names keep the order in which they came.
class MetricWindow {
 public:
  void add(const std::string& name, double value);
  void add(const Metrics& metrics);
  Metrics take();
  bool empty() const { return names_.empty(); }

  struct Sum {
    double total = 0.0;
    std::int64_t count = 0;
  };
  // For checkpoints: what was added since the last take().
  using State = std::vector<std::pair<std::string, Sum>>;
  State state() const;
  void set_state(const State& state);

 private:
  std::vector<std::string> names_;
  std::map<std::string, Sum> sums_;
};

// metrics.jsonl, metrics.csv and tensorboard/ of a run folder: the same rows. A row begins with
// `step` (env steps) and `time_s` (seconds of training so far).
class MetricsLog {
 public:
  // `keep_steps`: rows of an earlier part of the run up to this step stay, later ones go (a resumed
  // run writes them again).
  MetricsLog(const std::filesystem::path& folder, std::int64_t keep_steps);

  void write(std::int64_t step, double time_s, const Metrics& metrics);
  // For TensorBoard alone.
  void write_pictures(std::int64_t step, const std::vector<NamedPicture>& pictures);

 private:
  JsonlWriter json_;
  CsvWriter csv_;
  TensorboardWriter tensorboard_;
};

}  // namespace foresight

// Metrics as JSON lines: one object a row, keys in the order given.
#pragma once

#include <filesystem>

#include "io/append_file.h"
#include "io/metric_row.h"

namespace foresight {

class JsonlWriter {
 public:
  // Goes on behind the whole lines of an existing file.
  explicit JsonlWriter(std::filesystem::path path) : file_(std::move(path)) {}

  // Numbers in their shortest exact form; one that is not finite becomes null, JSON's only word.
  void write(const MetricRow& row);

 private:
  AppendFile file_;
};

}  // namespace foresight

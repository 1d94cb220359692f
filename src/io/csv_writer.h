// Metrics as a CSV table (RFC 4180) with a header. A row may bring a new column: the file is then
// rewritten with the longer header, and earlier rows leave the new cell empty.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/append_file.h"
#include "io/metric_row.h"

namespace foresight {

class CsvWriter {
 public:
  // Goes on behind the whole lines of an existing file, with its columns. Error: a file whose
  // header cannot be read.
  explicit CsvWriter(std::filesystem::path path);

  // Numbers in their shortest exact form, `nan` and `inf` as such; missing columns stay empty.
  void write(const MetricRow& row);

 private:
  std::size_t column_of(const std::string& name);
  void rewrite(std::size_t num_old_columns);

  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::optional<AppendFile> file_;
};

}  // namespace foresight

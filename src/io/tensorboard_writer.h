// Metrics as an event file of TensorBoard: `tensorboard --logdir FOLDER` draws them, also while
// they are being written.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/picture.h"
#include "io/metric_row.h"

namespace foresight {

class TensorboardWriter {
 public:
  // Starts `events.out.tfevents.<seconds>.<host>` in the folder. In the event files of earlier
  // parts of the run, rows up to `keep_step` stay; later ones go, and so does whatever lies behind
  // a damaged record. Error: the path and the reason of the system.
  TensorboardWriter(const std::filesystem::path& folder, std::int64_t keep_step);

  // Every number of the row but `step` and `time_s`, as a float; nan and inf as such. `wall_time_s`
  // counts from 1970. A killed program loses at most the row it was writing.
  void write(std::int64_t step, double wall_time_s, const MetricRow& row);
  void write_picture(std::int64_t step, double wall_time_s, const NamedPicture& picture);

  const std::filesystem::path& path() const { return path_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void append(const std::string& record);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace foresight

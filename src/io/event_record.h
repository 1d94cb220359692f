// Records of a TensorBoard event file: TFRecord frames (length, its checksum, payload, its
// checksum) around Event protocol buffers, which are encoded and walked over by hand.
// Source: tensorflow/tensorflow, tensorflow/core/lib/io/record_writer.cc, core/util/event.proto,
// core/framework/summary.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/picture.h"
#include "io/metric_row.h"

namespace foresight {

// The first record of a file. Times are in seconds since 1970.
std::string version_record(double wall_time_s);

// One event with one float a number of the row, named by its key. Two keys are left out, since the
// event has them itself: `step` and `time_s`.
std::string scalars_record(std::int64_t step, double wall_time_s, const MetricRow& row);

// One event with one picture, as PNG.
std::string picture_record(std::int64_t step, double wall_time_s, const NamedPicture& picture);

struct EventRecord {
  std::string bytes;  // with the frame
  std::int64_t step = 0;
  bool is_version = false;
};

// Reads a file that may have been cut or damaged anywhere, or be no event file at all.
class EventReader {
 public:
  explicit EventReader(const std::filesystem::path& path);  // Error as open_input_file()

  // None at the end of the file or at the first record that is not whole and sound: what lies
  // behind that one cannot be found again.
  std::optional<EventRecord> next();

 private:
  bool read(std::size_t count, std::string& bytes);  // appends; false: the file ends before that

  std::ifstream stream_;
  std::uintmax_t num_bytes_left_;
};

}  // namespace foresight

#include "io/tensorboard_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/input_file.h"
#include "io/atomic_file.h"
#include "io/event_record.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "events.out.tfevents.";

std::string host_name() {
  std::array<char, 256> name{};
  const bool is_known = ::gethostname(name.data(), name.size() - 1) == 0;
  return is_known && name.front() != '\0' ? name.data() : "localhost";
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// A folder that cannot be listed shows itself when the new file is made.
std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const bool is_event_file = entry.path().filename().string().starts_with(kPrefix);
    if (is_event_file && entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  return files;
}

// The time in a file's name; 0 if there is none.
std::uint64_t seconds_of(const fs::path& file) {
  const std::string digits = file.filename().string().substr(kPrefix.size());
  std::uint64_t seconds = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  return seconds;
}

void check(const std::error_code& problem, const fs::path& path) {
  if (problem) fail("{}: cannot write: {}", display_path(path), problem.message());
}

// Leaves the rows up to `keep_step`, and no file if there are none. A file that begins with
// something else than an event is not ours, and TensorBoard does not read it either.
void cut(const fs::path& file, std::int64_t keep_step) {
  // TensorBoard reads every file with "tfevents" in its name, even one that is not finished.
  const fs::path kept_file = file.parent_path() / ".kept_events";
  AtomicFile kept(kept_file);
  std::uintmax_t num_bytes_kept = 0;
  bool is_event_file = false;
  bool has_rows = false;
  EventReader reader(file);
  while (const auto record = reader.next()) {
    is_event_file = true;
    if (!record->is_version && record->step > keep_step) continue;
    kept.write(record->bytes);
    num_bytes_kept += record->bytes.size();
    has_rows = has_rows || !record->is_version;
  }
  std::error_code problem;
  if (is_event_file && !has_rows) {
    fs::remove(file, problem);
  } else if (is_event_file && num_bytes_kept < fs::file_size(file)) {
    kept.commit();
    fs::rename(kept_file, file, problem);
  }
  check(problem, file);
}

}  // namespace

// Always a new file, as TensorFlow does it. A TensorBoard (2.21) that is open meanwhile goes on
// with the old bytes of a file that was replaced and would miss what is added; a new file it finds,
// and a step in there that it knows already replaces the old rows from that step on.
TensorboardWriter::TensorboardWriter(const fs::path& folder, std::int64_t keep_step) {
  const double time_s = now_s();
  auto seconds = static_cast<std::uint64_t>(time_s);
  for (const fs::path& file : event_files(folder)) {
    cut(file, keep_step);
    seconds = std::max(seconds, seconds_of(file) + 1);  // TensorBoard reads in the order of names
  }
  path_ = folder / fmt::format("{}{:010}.{}", kPrefix, seconds, host_name());
  file_.reset(std::fopen(path_.c_str(), "ab"));
  if (!file_) fail("{}: cannot write: {}", display_path(path_), std::strerror(errno));
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // a record reaches the system in one piece
  append(version_record(time_s));
}

void TensorboardWriter::append(const std::string& record) {
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size()) {
    fail("{}: cannot write: {}", display_path(path_), std::strerror(errno));
  }
}

void TensorboardWriter::write(std::int64_t step, double wall_time_s, const MetricRow& row) {
  append(scalars_record(step, wall_time_s, row));
}

void TensorboardWriter::write_picture(std::int64_t step, double wall_time_s,
                                      const NamedPicture& picture) {
  append(picture_record(step, wall_time_s, picture));
}

}  // namespace foresight

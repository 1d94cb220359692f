#include "train/metrics_log.h"

#include <charconv>
#include <chrono>
#include <fstream>
#include <string_view>

#include "base/error.h"
#include "io/atomic_file.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

// The step of a row: the first number of a line, in both files. A header has none.
std::int64_t step_of(std::string_view line) {
  const auto first = line.find_first_of("0123456789");
  std::int64_t step = -1;
  if (first != std::string_view::npos) {
    std::from_chars(line.data() + first, line.data() + line.size(), step);
  }
  return step;
}

// Returns the file, cut behind the rows up to `step`.
const fs::path& cut(const fs::path& file, std::int64_t step, bool has_header) {
  std::ifstream in(file);
  if (!in) return file;
  std::string kept;
  bool is_header = has_header;
  for (std::string line; std::getline(in, line); is_header = false) {
    if (in.eof()) break;  // half a line, left by a killed run: its step may be cut as well
    if (is_header || step_of(line) <= step) kept += line + "\n";
  }
  in.close();
  write_file_atomically(file, kept);
  return file;
}

const fs::path& made(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) fail("{}: cannot make the folder: {}", folder.string(), problem.message());
  return folder;
}

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void MetricWindow::add(const std::string& name, double value) {
  const auto [sum, is_new] = sums_.try_emplace(name);
  if (is_new) names_.push_back(name);
  sum->second.total += value;
  ++sum->second.count;
}

void MetricWindow::add(const Metrics& metrics) {
  for (const auto& [name, value] : metrics) add(name, value);
}

Metrics MetricWindow::take() {
  Metrics result;
  for (const std::string& name : names_) {
    const Sum& sum = sums_.at(name);
    result.emplace_back(name, sum.total / static_cast<double>(sum.count));
  }
  names_.clear();
  sums_.clear();
  return result;
}

MetricWindow::State MetricWindow::state() const {
  State state;
  for (const std::string& name : names_) state.emplace_back(name, sums_.at(name));
  return state;
}

void MetricWindow::set_state(const State& state) {
  names_.clear();
  sums_.clear();
  for (const auto& [name, sum] : state) {
    names_.push_back(name);
    sums_[name] = sum;
  }
}

MetricsLog::MetricsLog(const fs::path& folder, std::int64_t keep_steps)
    : json_(cut(folder / "metrics.jsonl", keep_steps, /*has_header=*/false)),
      csv_(cut(folder / "metrics.csv", keep_steps, /*has_header=*/true)),
      tensorboard_(made(folder / "tensorboard"), keep_steps) {}

void MetricsLog::write(std::int64_t step, double time_s, const Metrics& metrics) {
  MetricRow row{{"step", static_cast<double>(step)}, {"time_s", time_s}};
  row.insert(row.end(), metrics.begin(), metrics.end());
  json_.write(row);
  csv_.write(row);
  tensorboard_.write(step, seconds_since_1970(), row);
}

void MetricsLog::write_pictures(std::int64_t step, const std::vector<NamedPicture>& pictures) {
  for (const NamedPicture& picture : pictures) {
    tensorboard_.write_picture(step, seconds_since_1970(), picture);
  }
}

}  // namespace foresight

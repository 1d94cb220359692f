#include "replay/dataset_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "io/crc32c.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWaitingFloats = std::size_t{4} << 20;  // 16 MiB are written at once

// Writes `bytes` at `offset` and cuts off whatever lies behind them.
void write_tail(const fs::path& path, std::int64_t offset, std::span<const std::byte> bytes,
                bool flushes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  const auto check = [&](bool is_well, const char* action) {
    if (is_well) return;
    const int reason = errno;
    if (file >= 0) ::close(file);
    fail("{}: cannot {}: {}", path.string(), action, std::strerror(reason));
  };
  check(file >= 0, "open");
  check(::ftruncate(file, offset) == 0, "shorten");
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    check(count >= 0, "write");
    offset += count;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  check(!flushes || ::fsync(file) == 0, "flush");
  ::close(file);
}

void check_size(const fs::path& path, std::int64_t expected) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  if (problem || static_cast<std::int64_t>(size) < expected) {
    fail("{}: expected {} bytes, found {}", path.string(), expected,
         problem ? problem.message() : fmt::format("{}", size));
  }
}

void check_finite(const std::vector<float>& values, const char* what) {
  for (const float value : values) {
    if (!std::isfinite(value)) fail("{} of an episode holds {}", what, value);
  }
}

}  // namespace

DatasetWriter::DatasetWriter(fs::path folder, DatasetHeader header, std::int64_t shard_bytes)
    : folder_(std::move(folder)), header_(std::move(header)), shard_bytes_(shard_bytes) {}

DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::begin() {
  if (is_begun_) return;
  if (is_dataset_folder(folder_)) {
    fail("{}: it holds a data set already; name a new folder", folder_.string());
  }
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) fail("{}: cannot make the folder: {}", folder_.string(), problem.message());
  write_dataset_header(folder_, header_);
  is_begun_ = true;
}

void DatasetWriter::check(const Episode& episode, std::int64_t task) const {
  const std::int64_t steps = episode.num_steps();
  if (task < 0 || task >= std::ssize(header_.tasks)) {
    fail("an episode of task {}, expected 0 to {}", task, header_.tasks.size() - 1);
  }
  const DatasetTask& own = header_.tasks[static_cast<std::size_t>(task)];
  const auto fits = [&](std::size_t size, std::int64_t rows, std::int64_t wide,
                        std::int64_t narrow) {
    const auto count = static_cast<std::int64_t>(size);
    return count == rows * wide || count == rows * narrow;
  };
  if (steps < 1 || std::ssize(episode.terminated) != steps ||
      !fits(episode.observations.size(), steps + 1, header_.observation_dim, own.observation_dim) ||
      !fits(episode.actions.size(), steps, header_.action_dim, own.action_dim)) {
    fail(
        "an episode of {} steps of {} holds {} numbers of observations and {} of actions; expected "
        "{} and {} a row",
        steps, own.name, episode.observations.size(), episode.actions.size(),
        header_.observation_dim, header_.action_dim);
  }
  check_finite(episode.observations, "an observation");
  check_finite(episode.actions, "an action");
  check_finite(episode.rewards, "a reward");
}

void DatasetWriter::add(const Episode& episode, std::int64_t task) {
  begin();
  check(episode, task);
  if (position_.num_rows * header_.row_floats() * 4 >= shard_bytes_) {
    flush();
    position_ = {.shard = position_.shard + 1};
  }
  const std::int64_t steps = episode.num_steps();
  const std::int64_t observation_dim = std::ssize(episode.observations) / (steps + 1);
  const std::int64_t action_dim = std::ssize(episode.actions) / steps;
  const std::size_t begin = waiting_rows_.size();
  waiting_rows_.resize(begin + static_cast<std::size_t>((steps + 1) * header_.row_floats()), 0.0f);
  float* row = waiting_rows_.data() + begin;
  for (std::int64_t i = 0; i <= steps; ++i, row += header_.row_floats()) {
    std::copy_n(episode.observations.begin() + i * observation_dim, observation_dim, row);
    if (i == 0) continue;
    std::copy_n(episode.actions.begin() + (i - 1) * action_dim, action_dim,
                row + header_.observation_dim);
    float* numbers = row + header_.observation_dim + header_.action_dim;
    numbers[0] = episode.rewards[static_cast<std::size_t>(i - 1)];
    numbers[1] = episode.terminated[static_cast<std::size_t>(i - 1)];
  }
  DatasetEntry entry{.first_row = position_.num_rows,
                     .num_rows = static_cast<std::uint32_t>(steps + 1),
                     .task = static_cast<std::uint32_t>(task)};
  entry.rows_checksum = crc32c(std::as_bytes(std::span(waiting_rows_).subspan(begin)));
  entry.entry_checksum = checksum_of(entry);
  waiting_entries_.push_back(entry);
  position_.num_rows += steps + 1;
  ++position_.num_episodes;
  ++num_episodes_;
  if (waiting_rows_.size() >= kWaitingFloats) write_waiting();
}

// The rows first: an index never tells of rows that are not there.
void DatasetWriter::write_waiting() {
  constexpr bool kFlushes = false;
  const auto entries = std::ssize(waiting_entries_);
  const std::int64_t rows = std::ssize(waiting_rows_) / header_.row_floats();
  write_tail(rows_file(folder_, position_.shard),
             (position_.num_rows - rows) * header_.row_floats() * 4,
             std::as_bytes(std::span(waiting_rows_)), kFlushes);
  write_tail(index_file(folder_, position_.shard),
             (position_.num_episodes - entries) * std::int64_t{sizeof(DatasetEntry)},
             std::as_bytes(std::span(waiting_entries_)), kFlushes);
  waiting_rows_.clear();
  waiting_entries_.clear();
}

DatasetWriter::Position DatasetWriter::flush() {
  begin();
  write_waiting();
  constexpr bool kFlushes = true;
  write_tail(rows_file(folder_, position_.shard), position_.num_rows * header_.row_floats() * 4, {},
             kFlushes);
  write_tail(index_file(folder_, position_.shard),
             position_.num_episodes * std::int64_t{sizeof(DatasetEntry)}, {}, kFlushes);
  return position_;
}

void DatasetWriter::cut(const Position& position) {
  const DatasetHeader found = read_dataset_header(folder_);
  if (found.observation_dim != header_.observation_dim || found.action_dim != header_.action_dim ||
      found.tasks != header_.tasks) {
    fail("{}: rows of {} observations and {} actions, expected {} and {} of the same tasks",
         folder_.string(), found.observation_dim, found.action_dim, header_.observation_dim,
         header_.action_dim);
  }
  waiting_rows_.clear();
  waiting_entries_.clear();
  const std::int64_t row_bytes = header_.row_floats() * 4;
  const std::int64_t index_bytes = position.num_episodes * std::int64_t{sizeof(DatasetEntry)};
  if (position.num_rows > 0) {
    check_size(rows_file(folder_, position.shard), position.num_rows * row_bytes);
    check_size(index_file(folder_, position.shard), index_bytes);
  }
  for (std::int64_t shard = position.shard + 1; fs::exists(rows_file(folder_, shard)); ++shard) {
    fs::remove(rows_file(folder_, shard));
    fs::remove(index_file(folder_, shard));
  }
  position_ = position;
  is_begun_ = true;
  flush();
}

}  // namespace foresight

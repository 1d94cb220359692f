#include "replay/dataset_folder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>

#include "base/error.h"
#include "io/crc32c.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostShards = std::numeric_limits<std::uint16_t>::max();

std::vector<DatasetEntry> read_entries(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  if (!in || problem) fail("{}: cannot be read", path.string());
  // Part of an entry at the end is what a killed writer left.
  std::vector<DatasetEntry> entries(size / sizeof(DatasetEntry));
  in.read(reinterpret_cast<char*>(entries.data()),
          static_cast<std::streamsize>(entries.size() * sizeof(DatasetEntry)));
  if (!in) fail("{}: cannot be read", path.string());
  return entries;
}

}  // namespace

MappedFloats::MappedFloats(const fs::path& path, std::int64_t num_floats)
    : num_floats_(num_floats) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) fail("{}: cannot be read: {}", path.string(), std::strerror(errno));
  const auto bytes = static_cast<std::size_t>(num_floats) * 4;
  const off_t size = ::lseek(file_, 0, SEEK_END);
  if (size < static_cast<off_t>(bytes)) {
    ::close(file_);
    fail("{}: expected {} bytes or more, found {}: its end is missing", path.string(), bytes, size);
  }
  if (bytes == 0) return;
  void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) {
    const int reason = errno;
    ::close(file_);
    fail("{}: cannot be mapped: {}", path.string(), std::strerror(reason));
  }
  ::madvise(memory, bytes, MADV_RANDOM);
  data_ = static_cast<const float*>(memory);
}

MappedFloats::MappedFloats(MappedFloats&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      num_floats_(std::exchange(other.num_floats_, 0)),
      file_(std::exchange(other.file_, -1)) {}

MappedFloats::~MappedFloats() {
  if (data_ != nullptr) {
    ::munmap(const_cast<float*>(data_), static_cast<std::size_t>(num_floats_) * 4);
  }
  if (file_ >= 0) ::close(file_);
}

void MappedFloats::will_need(std::int64_t first, std::int64_t count) const {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(data_ + first) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(data_ + first + count);
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_WILLNEED);
}

void MappedFloats::release() const {
  if (data_ == nullptr) return;
  ::madvise(const_cast<float*>(data_), static_cast<std::size_t>(num_floats_) * 4, MADV_DONTNEED);
}

void MappedFloats::drop_cache() const {
  release();
  ::posix_fadvise(file_, 0, 0, POSIX_FADV_DONTNEED);
}

DatasetFolder::DatasetFolder(const fs::path& folder)
    : path_(folder), header_(read_dataset_header(folder)) {
  for (std::int64_t shard = 0; fs::exists(index_file(folder, shard)); ++shard) read_index(shard);
  if (episodes_.empty()) fail("{}: the data set holds no episode", folder.string());
}

void DatasetFolder::read_index(std::int64_t shard) {
  const fs::path path = index_file(path_, shard);
  if (shards_.size() >= kMostShards) fail("{}: more than {} shards", path.string(), kMostShards);
  std::int64_t next_row = 0;
  std::int64_t number = 0;
  for (const DatasetEntry& entry : read_entries(path)) {
    const auto problem = [&]() -> std::string {
      if (entry.entry_checksum != checksum_of(entry)) return "the checksum is wrong";
      if (entry.first_row != next_row) return "it does not begin behind the one before it";
      if (entry.num_rows < 2) return "it has no step";
      if (entry.task >= header_.tasks.size()) return fmt::format("there is no task {}", entry.task);
      return {};
    }();
    if (!problem.empty()) {
      fail("{}, byte {}: episode {}: {}", path.string(),
           number * std::int64_t{sizeof(DatasetEntry)}, number, problem);
    }
    episodes_.push_back({.first_row = static_cast<std::uint64_t>(next_row),
                         .num_rows = entry.num_rows,
                         .shard = static_cast<std::uint16_t>(shard),
                         .task = static_cast<std::uint16_t>(entry.task)});
    next_row += entry.num_rows;
    ++number;
  }
  shards_.emplace_back(rows_file(path_, shard), next_row * header_.row_floats());
  num_rows_ += next_row;
}

std::span<const float> DatasetFolder::rows(const Stored& episode, std::int64_t start,
                                           std::int64_t count) const {
  FS_CHECK(start >= 0 && count >= 0 && start + count <= episode.num_rows,
           "rows {} to {} of an episode of {}", start, start + count, episode.num_rows);
  const std::int64_t width = header_.row_floats();
  return shards_[episode.shard].at((static_cast<std::int64_t>(episode.first_row) + start) * width,
                                   count * width);
}

void DatasetFolder::will_need(const Stored& episode, std::int64_t start, std::int64_t count) const {
  const std::int64_t width = header_.row_floats();
  shards_[episode.shard].will_need((static_cast<std::int64_t>(episode.first_row) + start) * width,
                                   count * width);
}

void DatasetFolder::release() const {
  for (const MappedFloats& shard : shards_) shard.release();
}

void DatasetFolder::drop_cache() const {
  for (const MappedFloats& shard : shards_) shard.drop_cache();
}

void DatasetFolder::verify() const {
  constexpr std::int64_t kReleaseBytes = std::int64_t{256} << 20;
  std::int64_t read_bytes = 0;
  for (std::int64_t shard = 0; shard < std::ssize(shards_); ++shard) {
    std::int64_t number = 0;
    for (const DatasetEntry& entry : read_entries(index_file(path_, shard))) {
      const std::int64_t first = entry.first_row * header_.row_floats();
      const auto numbers =
          shards_[static_cast<std::size_t>(shard)].at(first, entry.num_rows * header_.row_floats());
      const bool is_whole = crc32c(std::as_bytes(numbers)) == entry.rows_checksum;
      if (!is_whole || !std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); })) {
        fail("{}, byte {}: episode {}: {}", rows_file(path_, shard).string(), first * 4, number,
             is_whole ? "a number is not finite" : "the checksum is wrong: the file is damaged");
      }
      ++number;
      read_bytes += std::ssize(numbers) * 4;
      if (read_bytes < kReleaseBytes) continue;
      shards_[static_cast<std::size_t>(shard)].release();
      read_bytes = 0;
    }
  }
}

}  // namespace foresight

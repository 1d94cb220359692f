// A data set (dataset_format.h) opened for reading: the index in memory, the rows in memory maps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "replay/dataset_format.h"

namespace foresight {

// A file that is mapped for reading in any order.
class MappedFloats {
 public:
  // Error: the path and the reason of the system, or fewer floats than expected.
  MappedFloats(const std::filesystem::path& path, std::int64_t num_floats);
  ~MappedFloats();
  MappedFloats(MappedFloats&& other) noexcept;
  MappedFloats& operator=(MappedFloats&&) = delete;

  std::span<const float> at(std::int64_t first, std::int64_t count) const {
    return {data_ + first, static_cast<std::size_t>(count)};
  }
  // Has the disk bring these floats while the caller asks for others.
  void will_need(std::int64_t first, std::int64_t count) const;
  // Gives the pages back to the system, which may keep the file in its cache.
  void release() const;
  // Also forgets what the system cached of the file, as after a restart; for measurements.
  void drop_cache() const;

 private:
  const float* data_ = nullptr;
  std::int64_t num_floats_ = 0;
  int file_ = -1;
};

class DatasetFolder {
 public:
  // Error: the file, what is wrong with it and where.
  explicit DatasetFolder(const std::filesystem::path& folder);

  // An episode, 16 bytes: there may be millions.
  struct Stored {
    std::uint64_t first_row = 0;  // within its shard
    std::uint32_t num_rows = 0;   // T + 1
    std::uint16_t shard = 0;
    std::uint16_t task = 0;  // number in header().tasks
  };

  const std::filesystem::path& path() const { return path_; }
  const DatasetHeader& header() const { return header_; }
  const std::vector<Stored>& episodes() const { return episodes_; }
  std::int64_t num_rows() const { return num_rows_; }

  // Rows [start, start + count) of an episode: [count, O + A + 2].
  std::span<const float> rows(const Stored& episode, std::int64_t start, std::int64_t count) const;
  void will_need(const Stored& episode, std::int64_t start, std::int64_t count) const;
  void release() const;
  void drop_cache() const;

  // Reads everything. Error: the first episode whose checksum is wrong or that holds a number which
  // is not finite: its file, its number there and its byte.
  void verify() const;

 private:
  void read_index(std::int64_t shard);

  std::filesystem::path path_;
  DatasetHeader header_;
  std::vector<Stored> episodes_;
  std::vector<MappedFloats> shards_;
  std::int64_t num_rows_ = 0;
};

}  // namespace foresight

// Recorded episodes in a folder, for training from data alone. Written once and appended to, read
// through memory maps:
//
//   dataset.json         sizes of a row and the tasks by number
//   shard-000000.rows    rows of floats, one behind the other: observation [O], action [A], reward,
//                        terminated; an episode of T steps takes T + 1 rows, and the action, reward
//                        and end of row i are of the step that led to it (row 0: zeros)
//   shard-000000.index   a DatasetEntry for each episode of the shard, in order
//
// Rows are laid out as they are read: a slice of H steps is one run of bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace foresight {

struct DatasetTask {
  std::string name;                  // "walker-walk"
  std::int64_t observation_dim = 0;  // its own; rows may be wider
  std::int64_t action_dim = 0;
  std::int64_t max_episode_steps = 0;
  bool operator==(const DatasetTask&) const = default;
};

struct DatasetHeader {
  std::int64_t observation_dim = 0;  // O of every row
  std::int64_t action_dim = 0;       // A
  std::vector<DatasetTask> tasks;    // an episode's task is a number among these
  std::string source;                // where the episodes come from, in words
  bool operator==(const DatasetHeader&) const = default;

  std::int64_t row_floats() const { return observation_dim + action_dim + 2; }
};

// As it lies in the index, little-endian.
struct DatasetEntry {
  std::int64_t first_row = 0;  // within the shard
  std::uint32_t num_rows = 0;  // T + 1
  std::uint32_t task = 0;
  std::uint32_t rows_checksum = 0;   // CRC-32C of the rows' bytes
  std::uint32_t entry_checksum = 0;  // of what stands before it
};
static_assert(sizeof(DatasetEntry) == 24);

std::uint32_t checksum_of(const DatasetEntry& entry);

inline constexpr const char* kDatasetFile = "dataset.json";
bool is_dataset_folder(const std::filesystem::path& folder);
// Error: missing, not JSON, or a part is missing or out of range.
DatasetHeader read_dataset_header(const std::filesystem::path& folder);
void write_dataset_header(const std::filesystem::path& folder, const DatasetHeader& header);

std::filesystem::path rows_file(const std::filesystem::path& folder, std::int64_t shard);
std::filesystem::path index_file(const std::filesystem::path& folder, std::int64_t shard);

}  // namespace foresight

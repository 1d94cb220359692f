// Appends episodes to a data set (dataset_format.h). What was flushed is on the disk; a killed
// writer leaves at most a tail that readers pass over and cut() removes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "replay/dataset_format.h"
#include "replay/episode_store.h"

namespace foresight {

class DatasetWriter {
 public:
  // How far the data set reached at some moment.
  struct Position {
    std::int64_t shard = 0;
    std::int64_t num_episodes = 0;  // in that shard
    std::int64_t num_rows = 0;      // in that shard
  };
  static constexpr std::int64_t kShardBytes = std::int64_t{1} << 30;

  // Makes the folder. Error: it holds a data set already, unless cut() comes before the first
  // add().
  DatasetWriter(std::filesystem::path folder, DatasetHeader header,
                std::int64_t shard_bytes = kShardBytes);
  ~DatasetWriter();  // what was not flushed may be lost
  DatasetWriter(const DatasetWriter&) = delete;
  DatasetWriter& operator=(const DatasetWriter&) = delete;

  // Observations and actions as wide as the rows, or as the task's own: zeros are put behind them.
  // Error: an episode of other sizes, a number that is not finite, an unknown task.
  void add(const Episode& episode, std::int64_t task = 0);
  // Everything added is on the disk when this returns.
  Position flush();
  // Goes on behind `position`; what was written later is removed. Error: the data set is shorter,
  // or of other sizes or tasks.
  void cut(const Position& position);

  const std::filesystem::path& folder() const { return folder_; }
  std::int64_t num_episodes() const { return num_episodes_; }  // added by this writer

 private:
  void begin();
  void write_waiting();
  void check(const Episode& episode, std::int64_t task) const;

  std::filesystem::path folder_;
  DatasetHeader header_;
  std::int64_t shard_bytes_;
  Position position_;  // with what waits
  bool is_begun_ = false;
  std::int64_t num_episodes_ = 0;
  std::vector<float> waiting_rows_;
  std::vector<DatasetEntry> waiting_entries_;
};

}  // namespace foresight

// Several data sets as one store of slices for a model: the tasks of each by name among the
// model's, rows padded with zeros to the model's sizes. Rule of choosing
// (nicklashansen/tdmpc2@e9f5932, common/buffer.py, Buffer with torchrl's SliceSampler): an episode,
// then a start in it, each alike. Axes: B slices, H horizon, O observation, A action.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rng.h"
#include "replay/dataset_folder.h"
#include "replay/slice_batch.h"

namespace foresight {

// What the data is for.
struct DatasetUse {
  std::int64_t observation_dim = 0;
  std::int64_t action_dim = 0;
  std::vector<std::string> tasks;  // empty: a model of one task, whose data must be of one
};

class DatasetStore {
 public:
  // Error: a folder that cannot be read, a task that the model does not know, rows wider than it.
  DatasetStore(const std::vector<std::filesystem::path>& folders, DatasetUse use);

  std::int64_t num_episodes() const { return std::ssize(episodes_); }
  std::int64_t num_rows() const { return num_rows_; }
  std::int64_t num_rows_of(std::int64_t task) const { return task_rows_[task]; }
  const DatasetUse& use() const { return use_; }

  // True if at least one slice of `horizon` + 1 rows is stored.
  bool can_sample(std::int64_t horizon) const { return longest_ > horizon; }
  // Fills batch.slices; a slice's `episode` counts through all folders.
  void sample(std::int64_t count, std::int64_t horizon, Rng& rng, SliceBatch& batch) const;
  // Copies the rows of batch.slices into the batch, and whose task each slice is.
  void gather(std::int64_t horizon, SliceBatch& batch) const;

  // For measurements: reads come from the disk again.
  void drop_cache() const;

 private:
  struct Source {
    DatasetFolder folder;
    std::vector<std::int64_t> tasks;  // the model's number of each of the folder's tasks
  };
  struct Entry {
    std::uint32_t source = 0;
    std::uint32_t number = 0;  // in that folder
  };
  const DatasetFolder::Stored& stored(const Entry& entry) const {
    return sources_[entry.source].folder.episodes()[entry.number];
  }
  void add_source(const std::filesystem::path& folder);
  void release_now_and_then(std::int64_t num_slices) const;

  DatasetUse use_;
  std::vector<Source> sources_;
  std::vector<Entry> episodes_;
  std::vector<std::int64_t> task_rows_;  // by the model's numbers
  std::int64_t num_rows_ = 0;
  std::int64_t longest_ = 0;  // rows of the longest episode
  mutable std::int64_t slices_since_release_ = 0;
};

}  // namespace foresight

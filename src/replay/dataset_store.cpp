#include "replay/dataset_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/registry.h"

namespace foresight {
namespace {

// A page that is touched brings its neighbours into the process's memory, 64 KiB at once: after so
// many slices, 256 MiB, all are given back.
constexpr std::int64_t kSlicesBetweenReleases = 4096;

// The model's number of a task of the data.
std::int64_t number_of(const DatasetTask& task, const DatasetUse& use,
                       const std::filesystem::path& folder) {
  if (use.tasks.empty()) return 0;
  const auto found = std::ranges::find(use.tasks, task.name);
  if (found == use.tasks.end()) {
    fail("{}: it holds episodes of {}, which is none of the model's tasks{}\n  these are: {}",
         folder.string(), task.name, did_you_mean(task.name, use.tasks),
         fmt::join(use.tasks, ", "));
  }
  return found - use.tasks.begin();
}

}  // namespace

DatasetStore::DatasetStore(const std::vector<std::filesystem::path>& folders, DatasetUse use)
    : use_(std::move(use)), task_rows_(std::max<std::size_t>(use_.tasks.size(), 1), 0) {
  if (folders.empty()) fail("no folder of recorded episodes is named: data=FOLDER");
  sources_.reserve(folders.size());
  for (const auto& folder : folders) add_source(folder);
}

void DatasetStore::add_source(const std::filesystem::path& path) {
  Source source{.folder = DatasetFolder(path), .tasks = {}};
  const DatasetHeader& header = source.folder.header();
  const bool is_alone = use_.tasks.empty();
  if (is_alone && header.tasks.size() != 1) {
    fail("{}: episodes of {} tasks for a model of one", path.string(), header.tasks.size());
  }
  const bool fits =
      is_alone
          ? header.observation_dim == use_.observation_dim && header.action_dim == use_.action_dim
          : header.observation_dim <= use_.observation_dim && header.action_dim <= use_.action_dim;
  if (!fits) {
    fail("{}: rows of {} observations and {} actions; expected {} {} and {}{}", path.string(),
         header.observation_dim, header.action_dim, is_alone ? "exactly" : "at most",
         use_.observation_dim, use_.action_dim,
         is_alone ? "" : " (env.min_observation_dim and env.min_action_dim pad the tasks to more)");
  }
  std::vector<std::uint8_t> is_used(header.tasks.size(), 0);
  for (const auto& episode : source.folder.episodes()) is_used[episode.task] = 1;
  for (std::size_t i = 0; i < header.tasks.size(); ++i) {
    source.tasks.push_back(is_used[i] != 0 ? number_of(header.tasks[i], use_, path) : -1);
  }
  const auto number = static_cast<std::uint32_t>(sources_.size());
  std::uint32_t index = 0;
  for (const auto& episode : source.folder.episodes()) {
    episodes_.push_back({.source = number, .number = index++});
    task_rows_[static_cast<std::size_t>(source.tasks[episode.task])] += episode.num_rows;
    longest_ = std::max<std::int64_t>(longest_, episode.num_rows);
  }
  num_rows_ += source.folder.num_rows();
  sources_.push_back(std::move(source));
}

// Episodes too short for a slice are drawn again, as SliceSampler does.
void DatasetStore::sample(std::int64_t count, std::int64_t horizon, Rng& rng,
                          SliceBatch& batch) const {
  FS_CHECK(can_sample(horizon), "no recorded episode has {} rows", horizon + 1);
  batch.slices.clear();
  batch.weights.clear();
  while (std::ssize(batch.slices) < count) {
    const auto number = rng.below(episodes_.size());
    const std::int64_t num_rows = stored(episodes_[number]).num_rows;
    if (num_rows <= horizon) continue;
    const auto start = rng.below(static_cast<std::uint64_t>(num_rows - horizon));
    batch.slices.push_back({static_cast<std::int64_t>(number), static_cast<std::int64_t>(start)});
  }
}

void DatasetStore::gather(std::int64_t horizon, SliceBatch& batch) const {
  const std::int64_t count = std::ssize(batch.slices);
  const std::int64_t wide = use_.observation_dim;
  const std::int64_t wide_action = use_.action_dim;
  batch.num_slices = count;
  batch.horizon = horizon;
  batch.observations.assign(static_cast<std::size_t>((horizon + 1) * count * wide), 0.0f);
  batch.actions.assign(static_cast<std::size_t>(horizon * count * wide_action), 0.0f);
  batch.rewards.resize(static_cast<std::size_t>(horizon * count));
  batch.terminated.resize(static_cast<std::size_t>(horizon * count));
  batch.tasks.resize(static_cast<std::size_t>(count));
  // First all are asked for, so that a disk works on many at once.
  for (const SliceIndex& slice : batch.slices) {
    const Entry& entry = episodes_[static_cast<std::size_t>(slice.episode)];
    sources_[entry.source].folder.will_need(stored(entry), slice.start, horizon + 1);
  }
  for (std::int64_t b = 0; b < count; ++b) {
    const SliceIndex& slice = batch.slices[static_cast<std::size_t>(b)];
    const Entry& entry = episodes_[static_cast<std::size_t>(slice.episode)];
    const Source& source = sources_[entry.source];
    const DatasetHeader& header = source.folder.header();
    const float* row = source.folder.rows(stored(entry), slice.start, horizon + 1).data();
    batch.tasks[static_cast<std::size_t>(b)] = source.tasks[stored(entry).task];
    for (std::int64_t t = 0; t <= horizon; ++t, row += header.row_floats()) {
      std::copy_n(row, header.observation_dim, batch.observations.begin() + (t * count + b) * wide);
      if (t == 0) continue;
      const std::int64_t to = (t - 1) * count + b;
      const float* action = row + header.observation_dim;
      std::copy_n(action, header.action_dim, batch.actions.begin() + to * wide_action);
      batch.rewards[static_cast<std::size_t>(to)] = action[header.action_dim];
      batch.terminated[static_cast<std::size_t>(to)] = action[header.action_dim + 1];
    }
  }
  release_now_and_then(count);
}

void DatasetStore::release_now_and_then(std::int64_t num_slices) const {
  slices_since_release_ += num_slices;
  if (slices_since_release_ < kSlicesBetweenReleases) return;
  slices_since_release_ = 0;
  for (const Source& source : sources_) source.folder.release();
}

void DatasetStore::drop_cache() const {
  for (const Source& source : sources_) source.folder.drop_cache();
}

}  // namespace foresight

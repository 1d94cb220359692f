#include "replay/slice_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace foresight {

void SliceSampler::episode_added(std::int64_t number) {
  if (config_.sampling != "prioritised") return;
  priorities_[number] =
      std::pow(max_priority_ + config_.priority_epsilon, config_.priority_exponent);
  // Episodes leave the store at its old end: forget their priorities now and then.
  if (priorities_.size() > 2 * store_.episodes().size() + 64) {
    std::erase_if(priorities_,
                  [&](const auto& entry) { return store_.position_of(entry.first) < 0; });
  }
}

bool SliceSampler::can_sample(std::int64_t horizon) const {
  return std::any_of(store_.episodes().begin(), store_.episodes().end(),
                     [&](const auto& stored) { return stored.num_slices(horizon) > 0; });
}

void SliceSampler::sample(std::int64_t count, std::int64_t horizon, Rng& rng, SliceBatch& batch) {
  FS_CHECK(can_sample(horizon), "no stored episode has {} rows", horizon + 1);
  batch.slices.resize(static_cast<std::size_t>(count));
  batch.weights.clear();
  if (config_.sampling == "uniform_episode") {
    sample_uniform_episode(count, horizon, rng, batch);
    return;
  }
  sample_weighted(horizon, rng, batch);
  if (config_.sampling == "prioritised") {
    beta_ = std::min(1.0, beta_ + config_.weight_exponent_increment);
    batch.weights = importance_weights(batch.slices, horizon);
  }
}

// Episodes too short for a slice are drawn again: they are few, and the others keep equal chances.
void SliceSampler::sample_uniform_episode(std::int64_t count, std::int64_t horizon, Rng& rng,
                                          SliceBatch& batch) const {
  const auto& episodes = store_.episodes();
  for (std::int64_t b = 0; b < count;) {
    const auto& stored = episodes[rng.below(episodes.size())];
    if (stored.num_slices(horizon) == 0) continue;
    const auto start = rng.below(static_cast<std::uint64_t>(stored.num_slices(horizon)));
    batch.slices[static_cast<std::size_t>(b++)] = {stored.number, static_cast<std::int64_t>(start)};
  }
}

double SliceSampler::priority_of(const EpisodeStore::Stored& stored) const {
  if (config_.sampling != "prioritised") return 1.0;
  const auto found = priorities_.find(stored.number);
  FS_CHECK(found != priorities_.end(), "episode {} has no priority", stored.number);
  return found->second;
}

void SliceSampler::sample_weighted(std::int64_t horizon, Rng& rng, SliceBatch& batch) const {
  const auto& episodes = store_.episodes();
  std::vector<double> upper(episodes.size());  // running sums of priority * slices
  double total = 0.0;
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    total += priority_of(episodes[i]) * static_cast<double>(episodes[i].num_slices(horizon));
    upper[i] = total;
  }
  FS_CHECK(total > 0.0, "all priorities are zero");
  for (auto& slice : batch.slices) {
    const double point = rng.uniform() * total;
    const auto found = std::upper_bound(upper.begin(), upper.end(), point);
    const auto position =
        std::min<std::size_t>(static_cast<std::size_t>(found - upper.begin()), upper.size() - 1);
    const auto& stored = episodes[position];
    const auto num_slices = static_cast<std::uint64_t>(stored.num_slices(horizon));
    slice = {stored.number, static_cast<std::int64_t>(rng.below(num_slices))};
  }
}

std::vector<double> SliceSampler::slice_probabilities(std::int64_t horizon) const {
  std::vector<double> result;
  double total = 0.0;
  for (const auto& stored : store_.episodes()) {
    const auto count = static_cast<std::size_t>(stored.num_slices(horizon));
    result.insert(result.end(), count, priority_of(stored));
    total += priority_of(stored) * static_cast<double>(count);
  }
  for (double& probability : result) probability /= total;
  return result;
}

// (P n)^-beta over the largest such weight, which is the rarest slice's: n cancels.
std::vector<float> SliceSampler::importance_weights(std::span<const SliceIndex> slices,
                                                    std::int64_t horizon) {
  double rarest = std::numeric_limits<double>::infinity();
  for (const auto& stored : store_.episodes()) {
    const double priority = priority_of(stored);
    if (stored.num_slices(horizon) > 0 && priority > 0) rarest = std::min(rarest, priority);
  }
  std::vector<float> weights;
  for (const SliceIndex& slice : slices) {
    const auto position = static_cast<std::size_t>(store_.position_of(slice.episode));
    const double priority = priority_of(store_.episodes()[position]);
    weights.push_back(static_cast<float>(std::pow(priority / rarest, -beta_)));
  }
  return weights;
}

void SliceSampler::update_priorities(std::span<const SliceIndex> slices,
                                     std::span<const float> priorities) {
  if (config_.sampling != "prioritised") return;
  FS_CHECK(slices.size() == priorities.size(), "{} slices, {} priorities", slices.size(),
           priorities.size());
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (store_.position_of(slices[i].episode) < 0) continue;
    const double priority = std::abs(static_cast<double>(priorities[i])) + config_.priority_epsilon;
    max_priority_ = std::max(max_priority_, priority);
    priorities_[slices[i].episode] = std::pow(priority, config_.priority_exponent);
  }
}

void SliceSampler::set_state(State state) {
  beta_ = state.beta;
  max_priority_ = state.max_priority;
  priorities_ = std::move(state.priorities);
}

}  // namespace foresight

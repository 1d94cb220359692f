#include "replay/slice_sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {

void SliceSampler::episode_added(std::int64_t number) {
  if (config_.sampling != "prioritised") return;
  priorities_[number] =
      std::pow(max_priority_ + config_.priority_epsilon, config_.priority_exponent);
  // Episodes leave the store at its old end: forget their priorities now and then.
  if (priorities_.size() > 2 * index_.episodes().size() + 64) {
    std::erase_if(priorities_,
                  [&](const auto& entry) { return index_.position_of(entry.first) < 0; });
  }
}

bool SliceSampler::can_sample(std::int64_t horizon) const {
  return std::any_of(index_.episodes().begin(), index_.episodes().end(),
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
  const auto& episodes = index_.episodes();
  for (std::int64_t b = 0; b < count;) {
    const auto& stored = episodes[rng.below(episodes.size())];
    if (stored.num_slices(horizon) == 0) continue;
    const auto start = rng.below(static_cast<std::uint64_t>(stored.num_slices(horizon)));
    batch.slices[static_cast<std::size_t>(b++)] = {stored.number, static_cast<std::int64_t>(start)};
  }
}

double SliceSampler::priority_of(const EpisodeIndex::Stored& stored) const {
  if (config_.sampling != "prioritised") return 1.0;
  const auto found = priorities_.find(stored.number);
  FS_CHECK(found != priorities_.end(), "episode {} has no priority", stored.number);
  return found->second;
}

// Episodes come at the new end and go at the old one, where the oldest may be left shorter; the
// rest is as it was.
void SliceSampler::follow(std::int64_t horizon) {
  const auto& episodes = index_.episodes();
  const std::int64_t first =
      episodes.empty() ? index_.num_episodes_seen() : episodes.front().number;
  const bool is_known = horizon == weights_horizon_ && first >= weights_.first() &&
                        weights_.end() <= index_.num_episodes_seen();
  if (!is_known) weights_.reset(first);
  weights_horizon_ = horizon;
  weights_.drop_before(first);
  if (first < weights_.end()) {
    weights_.set(first, episodes.front().num_slices(horizon), priority_of(episodes.front()));
  }
  while (weights_.end() < index_.num_episodes_seen()) {
    const auto& stored = episodes[static_cast<std::size_t>(weights_.end() - first)];
    weights_.push(stored.num_slices(horizon), priority_of(stored));
  }
}

void SliceSampler::sample_weighted(std::int64_t horizon, Rng& rng, SliceBatch& batch) {
  follow(horizon);
  const auto& episodes = index_.episodes();
  const double total = weights_.total();
  for (auto& slice : batch.slices) {
    const std::int64_t number = weights_.find(rng.uniform() * total);
    const auto& stored = episodes[static_cast<std::size_t>(number - weights_.first())];
    const auto num_slices = static_cast<std::uint64_t>(stored.num_slices(horizon));
    slice = {number, static_cast<std::int64_t>(rng.below(num_slices))};
  }
}

void SliceSampler::sample_plain(std::int64_t count, std::int64_t horizon, Rng& rng,
                                std::vector<SliceIndex>& slices) const {
  const auto& episodes = index_.episodes();
  std::vector<double> upper(episodes.size());  // running sums of priority * slices
  double total = 0.0;
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    total += priority_of(episodes[i]) * static_cast<double>(episodes[i].num_slices(horizon));
    upper[i] = total;
  }
  FS_CHECK(total > 0.0, "all priorities are zero");
  slices.resize(static_cast<std::size_t>(count));
  for (auto& slice : slices) {
    const auto found = std::upper_bound(upper.begin(), upper.end(), rng.uniform() * total);
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
  for (const auto& stored : index_.episodes()) {
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
  follow(horizon);
  const double rarest = weights_.smallest_priority();
  std::vector<float> weights;
  for (const SliceIndex& slice : slices) {
    const auto position = static_cast<std::size_t>(index_.position_of(slice.episode));
    const double priority = priority_of(index_.episodes()[position]);
    weights.push_back(static_cast<float>(std::pow(priority / rarest, -beta_)));
  }
  return weights;
}

double SliceSampler::rarest_share(std::int64_t horizon) {
  follow(horizon);
  return weights_.smallest_priority() / weights_.total();
}

// A slice of replay r is drawn with P = p / (R sum of r): R cancels, the sum does not.
std::vector<float> SliceSampler::importance_weights(std::span<const SliceIndex> slices,
                                                    std::int64_t horizon, double rarest) {
  follow(horizon);
  const double total = weights_.total();
  std::vector<float> weights;
  for (const SliceIndex& slice : slices) {
    const auto position = static_cast<std::size_t>(index_.position_of(slice.episode));
    const double share = priority_of(index_.episodes()[position]) / total;
    weights.push_back(static_cast<float>(std::pow(share / rarest, -beta_)));
  }
  return weights;
}

void SliceSampler::update_priorities(std::span<const SliceIndex> slices,
                                     std::span<const float> priorities) {
  if (config_.sampling != "prioritised") return;
  FS_CHECK(slices.size() == priorities.size(), "{} slices, {} priorities", slices.size(),
           priorities.size());
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const std::int64_t position = index_.position_of(slices[i].episode);
    if (position < 0) continue;
    const double priority = std::abs(static_cast<double>(priorities[i])) + config_.priority_epsilon;
    max_priority_ = std::max(max_priority_, priority);
    const double raised = std::pow(priority, config_.priority_exponent);
    priorities_[slices[i].episode] = raised;
    const bool is_counted = weights_horizon_ > 0 && slices[i].episode >= weights_.first() &&
                            slices[i].episode < weights_.end();
    if (!is_counted) continue;  // follow() will
    const auto& stored = index_.episodes()[static_cast<std::size_t>(position)];
    weights_.set(stored.number, stored.num_slices(weights_horizon_), raised);
  }
}

void SliceSampler::set_state(State state) {
  beta_ = state.beta;
  max_priority_ = state.max_priority;
  priorities_ = std::move(state.priorities);
  weights_horizon_ = 0;  // count anew
}

}  // namespace foresight

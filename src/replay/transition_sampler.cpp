#include "replay/transition_sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {

TransitionSampler::TransitionSampler(const TransitionReplayConfig& config, double discount,
                                     const EpisodeStore& store)
    : config_(config), discount_(discount), store_(store), beta_(config.weight_exponent) {
  FS_CHECK(config.capacity == store.capacity(), "a sampler of {} rows, a store of {}",
           config.capacity, store.capacity());
  if (config.sampling == "prioritised") tree_.emplace(config.capacity);
}

double TransitionSampler::highest_priority() const {
  return std::pow(max_priority_ + config_.priority_epsilon, config_.priority_exponent);
}

void TransitionSampler::episode_added() {
  if (!tree_) return;
  const double highest = highest_priority();
  const auto& newest = store_.episodes().back();
  for (std::int64_t row = newest.first_row; row < store_.next_row(); ++row) {
    tree_->set(leaf_of(row), row == newest.first_row ? 0.0 : highest);
  }
  // No step leads to the oldest row that is left, and none to a row left alone.
  const std::int64_t first = store_.episodes().front().first_row;
  const std::int64_t oldest = std::max<std::int64_t>(store_.next_row() - store_.capacity(), 0);
  for (std::int64_t row = oldest; row <= first; ++row) tree_->set(leaf_of(row), 0.0);
}

void TransitionSampler::sample(std::int64_t count, Rng& rng, TransitionBatch& batch) {
  FS_CHECK(can_sample(), "no step is stored");
  batch.rows.resize(static_cast<std::size_t>(count));
  batch.weights.clear();
  if (tree_) {
    draw_prioritised(count, rng, batch);
  } else {
    draw_uniform(count, rng, batch);
  }
  gather(batch);
}

// Rows to which no step leads are drawn again: one an episode.
void TransitionSampler::draw_uniform(std::int64_t count, Rng& rng, TransitionBatch& batch) const {
  const std::int64_t first = store_.episodes().front().first_row;
  const auto num_rows = static_cast<std::uint64_t>(store_.next_row() - first);
  for (std::int64_t b = 0; b < count;) {
    const std::int64_t row = first + static_cast<std::int64_t>(rng.below(num_rows));
    if (store_.episode_of(row).first_row == row) continue;
    batch.rows[static_cast<std::size_t>(b++)] = row;
  }
}

// One draw from each of `count` equal parts of the sum.
void TransitionSampler::draw_prioritised(std::int64_t count, Rng& rng, TransitionBatch& batch) {
  const std::int64_t first = store_.episodes().front().first_row;
  const std::int64_t first_leaf = leaf_of(first);
  const double part = tree_->total() / static_cast<double>(count);
  const auto num_steps = static_cast<double>(store_.num_transitions());
  beta_ = std::min(1.0, beta_ + config_.weight_exponent_increment);
  float largest = 0.0f;
  for (std::int64_t b = 0; b < count; ++b) {
    const std::int64_t leaf = tree_->find((static_cast<double>(b) + rng.uniform()) * part);
    const std::int64_t age = (leaf - first_leaf + config_.capacity) % config_.capacity;
    batch.rows[static_cast<std::size_t>(b)] = first + age;
    const double probability = tree_->at(leaf) / tree_->total();
    batch.weights.push_back(static_cast<float>(std::pow(num_steps * probability, -beta_)));
    largest = std::max(largest, batch.weights.back());
  }
  for (float& weight : batch.weights) weight /= largest;
}

double TransitionSampler::rarest_share(std::span<const std::int64_t> rows) const {
  double smallest = tree_->total();
  for (const std::int64_t row : rows) smallest = std::min(smallest, tree_->at(leaf_of(row)));
  return smallest / tree_->total();
}

// A step of replay r is drawn with P = p / (R sum of r): R cancels, as the number of steps does,
// the sum does not.
void TransitionSampler::weigh(double rarest, TransitionBatch& batch) const {
  for (std::size_t b = 0; b < batch.rows.size(); ++b) {
    const double share = tree_->at(leaf_of(batch.rows[b])) / tree_->total();
    batch.weights[b] = static_cast<float>(std::pow(share / rarest, -beta_));
  }
}

void TransitionSampler::gather(TransitionBatch& batch) const {
  const std::int64_t count = std::ssize(batch.rows);
  const std::int64_t observation_dim = store_.observation_dim();
  const std::int64_t action_dim = store_.action_dim();
  batch.observations.resize(static_cast<std::size_t>(2 * count * observation_dim));
  batch.actions.resize(static_cast<std::size_t>(count * action_dim));
  batch.rewards.resize(static_cast<std::size_t>(count));
  batch.bootstrap.resize(static_cast<std::size_t>(count));
  for (std::int64_t b = 0; b < count; ++b) {
    const std::int64_t row = batch.rows[static_cast<std::size_t>(b)];
    const EpisodeStore::Stored& episode = store_.episode_of(row);
    const std::int64_t last = std::min(row + config_.n_step, episode.first_row + episode.num_rows);
    double reward = 0.0;
    double factor = 1.0;
    for (std::int64_t k = row; k < last; ++k, factor *= discount_) {
      reward += factor * static_cast<double>(store_.reward(k));
    }
    const auto before = store_.observation(row - 1);
    const auto after = store_.observation(last - 1);
    const auto action = store_.action(row);
    std::copy(before.begin(), before.end(), batch.observations.begin() + b * observation_dim);
    std::copy(after.begin(), after.end(),
              batch.observations.begin() + (count + b) * observation_dim);
    std::copy(action.begin(), action.end(), batch.actions.begin() + b * action_dim);
    batch.rewards[static_cast<std::size_t>(b)] = static_cast<float>(reward);
    batch.bootstrap[static_cast<std::size_t>(b)] =
        store_.is_terminal(last - 1) ? 0.0f : static_cast<float>(factor);
  }
}

void TransitionSampler::update_priorities(std::span<const std::int64_t> rows,
                                          std::span<const float> errors) {
  FS_CHECK(tree_.has_value() && rows.size() == errors.size(), "{} rows, {} errors", rows.size(),
           errors.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double priority = std::abs(static_cast<double>(errors[i])) + config_.priority_epsilon;
    max_priority_ = std::max(max_priority_, priority);
    tree_->set(leaf_of(rows[i]), std::pow(priority, config_.priority_exponent));
  }
}

TransitionSampler::State TransitionSampler::state() const {
  State state{.beta = beta_, .max_priority = max_priority_, .first_leaf = 0, .priorities = {}};
  if (!tree_ || store_.episodes().empty()) return state;
  const std::int64_t first = store_.episodes().front().first_row;
  state.first_leaf = leaf_of(first);
  for (std::int64_t row = first; row < store_.next_row(); ++row) {
    state.priorities.push_back(tree_->at(leaf_of(row)));
  }
  return state;
}

void TransitionSampler::set_state(const State& state) {
  beta_ = state.beta;
  max_priority_ = state.max_priority;
  if (!tree_) return;
  tree_.emplace(config_.capacity);
  if (store_.episodes().empty()) return;
  const std::int64_t first = store_.episodes().front().first_row;
  const std::int64_t first_leaf = state.first_leaf % config_.capacity;
  shift_ = ((first_leaf - first) % config_.capacity + config_.capacity) % config_.capacity;
  if (state.priorities.empty()) {
    for (const auto& stored : store_.episodes()) {
      for (std::int64_t i = 1; i < stored.num_rows; ++i) {
        tree_->set(leaf_of(stored.first_row + i), highest_priority());
      }
    }
    return;
  }
  FS_CHECK(std::ssize(state.priorities) == store_.next_row() - first, "{} priorities for {} rows",
           state.priorities.size(), store_.next_row() - first);
  for (std::int64_t row = first; row < store_.next_row(); ++row) {
    tree_->set(leaf_of(row), state.priorities[static_cast<std::size_t>(row - first)]);
  }
}

}  // namespace foresight

#include "replay/sequence_sampler.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

void SequenceReplayConfig::visit(FieldVisitor& v) {
  v.field("capacity", capacity, {2, 1e12}, "rows kept: steps plus one an episode");
  v.field("batch_size", batch_size, {1, 65536}, "sequences an update");
  v.field("length", length, {2, 65536}, "steps of each");
  v.field("min_length", min_length, {1, 65536}, "shortest window of an episode");
  v.field("max_length", max_length, {0, 1e9}, "longest window; 0: the whole episode");
  v.field("min_episode_steps", min_episode_steps, {1, 65536}, "shorter episodes are not drawn");
  v.field("prioritise_ends", prioritise_ends,
          "an episode's last window is min_length times as likely as another");
}

bool SequenceSampler::can_sample() const {
  return std::ranges::any_of(store_.episodes(),
                             [this](const auto& episode) { return is_long_enough(episode); });
}

void SequenceSampler::find_episodes() {
  episodes_.clear();
  for (const auto& episode : store_.episodes()) {
    if (is_long_enough(episode)) episodes_.push_back(&episode);
  }
  FS_CHECK(!episodes_.empty(), "no episode is long enough to be drawn");
}

void SequenceSampler::sample(Rng& rng, SequenceBatch& batch) {
  find_episodes();
  const std::int64_t length = config_.length;
  const std::int64_t count = config_.batch_size;
  const auto cells = static_cast<std::size_t>(length * count);
  batch.num_steps = length;
  batch.num_sequences = count;
  batch.observations.resize(cells * static_cast<std::size_t>(store_.observation_dim()));
  batch.actions.resize(cells * static_cast<std::size_t>(store_.action_dim()));
  for (auto* column : {&batch.rewards, &batch.is_first, &batch.is_terminal}) column->resize(cells);
  batch.rows.resize(cells);
  for (std::int64_t b = 0; b < count; ++b) {
    for (std::int64_t t = 0; t < length;) {
      const auto& episode = *episodes_[rng.below(episodes_.size())];
      // What is left of the row bounds the window, so that ends are not cut off.
      const std::int64_t left = length - t;
      const std::int64_t longest = config_.max_length > 0 ? config_.max_length : left;
      const Window window = draw_window({.min_length = std::min(config_.min_length, left),
                                         .max_length = std::min(longest, left),
                                         .prioritise_ends = config_.prioritise_ends},
                                        episode.num_rows, rng);
      for (std::int64_t i = 0; i < window.length; ++i, ++t) {
        const std::int64_t in_episode = window.first + i;
        copy_row(episode.first_row + in_episode, in_episode == 0, i == 0, t * count + b, batch);
      }
    }
  }
}

void SequenceSampler::copy_row(std::int64_t row, bool is_start, bool is_first, std::int64_t at,
                               SequenceBatch& batch) const {
  const auto observation = store_.observation(row);
  std::ranges::copy(observation, batch.observations.begin() + at * store_.observation_dim());
  const auto action = batch.actions.begin() + at * store_.action_dim();
  if (is_start) {  // only the observation of a first row means anything
    std::fill_n(action, store_.action_dim(), 0.0f);
  } else {
    std::ranges::copy(store_.action(row), action);
  }
  batch.rewards[at] = is_start ? 0.0f : store_.reward(row);
  batch.is_terminal[at] = !is_start && store_.is_terminal(row) ? 1.0f : 0.0f;
  batch.is_first[at] = is_first ? 1.0f : 0.0f;
  batch.rows[at] = row;
}

}  // namespace foresight

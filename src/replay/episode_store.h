// Finished episodes in one ring of rows (episode_index.h). Row i holds an observation and the
// action, reward and end flag of the step that led to it (row 0: none). Reference for the rows:
// nicklashansen/tdmpc2@e9f5932, common/buffer.py, Buffer. Axes: T transitions, O observation, A
// action, H horizon of a slice.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "replay/episode_index.h"
#include "replay/slice_batch.h"

namespace foresight {

// An episode as it is recorded, T transitions.
struct Episode {
  std::vector<float> observations;  // [T + 1, O]
  std::vector<float> actions;       // [T, A]
  std::vector<float> rewards;       // [T]
  std::vector<float> terminated;    // [T], 1 at a terminal step
  // Only where opponents are modelled:
  std::vector<float> opponent_actions = {};  // [T, A']
  std::int64_t opponent = -1;                // which clone stands for it; -1: none
  std::int64_t num_steps() const { return static_cast<std::int64_t>(rewards.size()); }
};

class EpisodeStore {
 public:
  // capacity in rows; memory is taken as it fills. opponent_dim: A', 0 keeps no opponent's actions.
  EpisodeStore(std::int64_t observation_dim, std::int64_t action_dim, std::int64_t capacity,
               std::int64_t opponent_dim = 0);

  // Returns the episode's number. Not-a-number or a wrong size is a ContractViolation.
  std::int64_t add(const Episode& episode);
  // Empties the store; the next episode gets this number.
  void begin_at(std::int64_t number) { index_.begin_at(number); }

  // Which episodes are stored, and where; see there.
  using Stored = EpisodeIndex::Stored;
  const EpisodeIndex& index() const { return index_; }
  const std::deque<Stored>& episodes() const { return index_.episodes(); }  // oldest first
  std::int64_t num_rows() const { return index_.num_rows(); }
  std::int64_t num_transitions() const { return index_.num_transitions(); }
  std::int64_t next_row() const { return index_.next_row(); }
  std::int64_t num_episodes_seen() const { return index_.num_episodes_seen(); }

  // Copies slices of `horizon` + 1 rows into the batch's first four arrays.
  void gather(std::span<const SliceIndex> slices, std::int64_t horizon, SliceBatch& batch) const;

  // The parts of a stored row, by its running number. Only the observation of an episode's first
  // row means anything.
  std::span<const float> observation(std::int64_t row) const {
    return at(observations_, row, observation_dim_);
  }
  std::span<const float> action(std::int64_t row) const { return at(actions_, row, action_dim_); }
  float reward(std::int64_t row) const { return at(rewards_, row, 1)[0]; }
  // What the opponent played in the step that led to the row: [A'].
  std::span<const float> opponent_action(std::int64_t row) const {
    return at(opponent_actions_, row, opponent_dim_);
  }
  bool is_terminal(std::int64_t row) const { return at(terminated_, row, 1)[0] != 0.0f; }
  // The episode that a stored row belongs to.
  const Stored& episode_of(std::int64_t row) const { return index_.episode_of(row); }

  // Position in episodes() of an episode by number; -1 if it was overwritten.
  std::int64_t position_of(std::int64_t number) const { return index_.position_of(number); }
  // A stored episode, as it is now.
  Episode copy_of(std::int64_t position) const;

  std::int64_t observation_dim() const { return observation_dim_; }
  std::int64_t action_dim() const { return action_dim_; }
  std::int64_t capacity() const { return index_.capacity(); }
  std::int64_t opponent_dim() const { return opponent_dim_; }

 private:
  std::span<const float> at(const std::vector<float>& column, std::int64_t row,
                            std::int64_t width) const {
    return std::span(column).subspan(static_cast<std::size_t>(row % index_.capacity() * width),
                                     static_cast<std::size_t>(width));
  }

  EpisodeIndex index_;
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::int64_t opponent_dim_;
  std::vector<float> observations_;      // [capacity, O]
  std::vector<float> actions_;           // [capacity, A]
  std::vector<float> rewards_;           // [capacity]
  std::vector<float> terminated_;        // [capacity]
  std::vector<float> opponent_actions_;  // [capacity, A']
};

}  // namespace foresight

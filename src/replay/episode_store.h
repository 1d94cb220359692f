// Finished episodes in one ring of rows. An episode of T transitions takes T + 1 rows: row i holds
// an observation and the action, reward and end flag of the step that led to it (row 0: none). The
// oldest rows are overwritten; what is left of an episode stays usable as a shorter one.
// Reference for the rows: nicklashansen/tdmpc2@e9f5932, common/buffer.py, Buffer.
// Axes: T transitions, O observation, A action, H horizon of a slice.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

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
  void begin_at(std::int64_t number);

  struct Stored {
    std::int64_t number = 0;     // running
    std::int64_t first_row = 0;  // running row number; the ring position is this modulo capacity
    std::int64_t num_rows = 0;   // T + 1, less what was overwritten
    std::int64_t opponent = -1;  // as in Episode
    // Slices of H + 1 rows that fit.
    std::int64_t num_slices(std::int64_t horizon) const {
      return num_rows > horizon ? num_rows - horizon : 0;
    }
  };
  const std::deque<Stored>& episodes() const { return episodes_; }  // oldest first
  std::int64_t num_rows() const { return num_rows_; }
  std::int64_t num_transitions() const;
  std::int64_t next_row() const { return next_row_; }  // running, of the row to be written next
  std::int64_t num_episodes_seen() const { return next_number_; }

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
  const Stored& episode_of(std::int64_t row) const;

  // Position in episodes() of an episode by number; -1 if it was overwritten.
  std::int64_t position_of(std::int64_t number) const;
  // A stored episode, as it is now.
  Episode copy_of(std::int64_t position) const;

  std::int64_t observation_dim() const { return observation_dim_; }
  std::int64_t action_dim() const { return action_dim_; }
  std::int64_t capacity() const { return capacity_; }
  std::int64_t opponent_dim() const { return opponent_dim_; }

 private:
  void make_room(std::int64_t rows);
  std::span<const float> at(const std::vector<float>& column, std::int64_t row,
                            std::int64_t width) const {
    return std::span(column).subspan(static_cast<std::size_t>(row % capacity_ * width),
                                     static_cast<std::size_t>(width));
  }

  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::int64_t capacity_;
  std::int64_t opponent_dim_;
  std::vector<float> observations_;      // [capacity, O]
  std::vector<float> actions_;           // [capacity, A]
  std::vector<float> rewards_;           // [capacity]
  std::vector<float> terminated_;        // [capacity]
  std::vector<float> opponent_actions_;  // [capacity, A']
  std::deque<Stored> episodes_;
  std::int64_t num_rows_ = 0;
  std::int64_t next_row_ = 0;  // running
  std::int64_t next_number_ = 0;
};

}  // namespace foresight

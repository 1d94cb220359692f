// Which episodes a ring of rows holds and where, without their contents. An episode of T
// transitions takes T + 1 rows; the oldest rows are overwritten, and what is left of an episode
// stays usable as a shorter one. Axes: T transitions, H horizon of a slice.
#pragma once

#include <cstdint>
#include <deque>

namespace foresight {

class EpisodeIndex {
 public:
  // capacity in rows.
  explicit EpisodeIndex(std::int64_t capacity);

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

  // Makes room for an episode of `num_steps` behind the newest; what it overwrites is forgotten.
  // ContractViolation: it has no step, or more rows than the ring.
  const Stored& add(std::int64_t num_steps, std::int64_t opponent = -1);
  // Empties the ring; the next episode gets this number.
  void begin_at(std::int64_t number);

  const std::deque<Stored>& episodes() const { return episodes_; }  // oldest first
  std::int64_t num_rows() const { return num_rows_; }
  std::int64_t num_transitions() const;
  std::int64_t next_row() const { return next_row_; }  // running, of the row to be written next
  std::int64_t num_episodes_seen() const { return next_number_; }
  std::int64_t capacity() const { return capacity_; }

  // The episode that a stored row belongs to, by its running number.
  const Stored& episode_of(std::int64_t row) const;
  // Position in episodes() of an episode by number; -1 if it was overwritten.
  std::int64_t position_of(std::int64_t number) const;

 private:
  void make_room(std::int64_t rows);

  std::int64_t capacity_;
  std::deque<Stored> episodes_;
  std::int64_t num_rows_ = 0;
  std::int64_t next_row_ = 0;  // running
  std::int64_t next_number_ = 0;
};

}  // namespace foresight

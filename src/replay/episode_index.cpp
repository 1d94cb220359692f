#include "replay/episode_index.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

EpisodeIndex::EpisodeIndex(std::int64_t capacity) : capacity_(capacity) {
  FS_CHECK(capacity >= 2, "room for {} rows", capacity);
}

const EpisodeIndex::Stored& EpisodeIndex::add(std::int64_t num_steps, std::int64_t opponent) {
  FS_CHECK(num_steps > 0 && num_steps + 1 <= capacity_, "an episode of {} steps, room for {} rows",
           num_steps, capacity_);
  make_room(num_steps + 1);
  episodes_.push_back({next_number_++, next_row_, num_steps + 1, opponent});
  num_rows_ += num_steps + 1;
  next_row_ += num_steps + 1;
  return episodes_.back();
}

void EpisodeIndex::begin_at(std::int64_t number) {
  episodes_.clear();
  num_rows_ = 0;
  next_row_ = 0;
  next_number_ = number;
}

void EpisodeIndex::make_room(std::int64_t rows) {
  std::int64_t excess = num_rows_ + rows - capacity_;
  while (excess > 0) {
    Stored& oldest = episodes_.front();
    const std::int64_t dropped = std::min(excess, oldest.num_rows);
    oldest.first_row += dropped;
    oldest.num_rows -= dropped;
    num_rows_ -= dropped;
    excess -= dropped;
    if (oldest.num_rows > 1) continue;
    num_rows_ -= oldest.num_rows;  // a single row holds no step
    episodes_.pop_front();
  }
}

std::int64_t EpisodeIndex::num_transitions() const { return num_rows_ - std::ssize(episodes_); }

std::int64_t EpisodeIndex::position_of(std::int64_t number) const {
  if (episodes_.empty()) return -1;
  const std::int64_t position = number - episodes_.front().number;
  return position >= 0 && position < std::ssize(episodes_) ? position : -1;
}

const EpisodeIndex::Stored& EpisodeIndex::episode_of(std::int64_t row) const {
  const auto behind =
      std::upper_bound(episodes_.begin(), episodes_.end(), row,
                       [](std::int64_t r, const Stored& stored) { return r < stored.first_row; });
  FS_CHECK(behind != episodes_.begin() && row < next_row_, "row {} is not stored", row);
  return *std::prev(behind);
}

}  // namespace foresight

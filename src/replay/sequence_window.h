// Which part of an episode is learned from: a window of whole rows, drawn so that the last ones are
// not rare. Reference: danijar/dreamerv2, common/replay.py, Replay._sample_sequence.
#pragma once

#include <cstdint>

#include "base/rng.h"

namespace foresight {

struct WindowRule {
  std::int64_t min_length = 50;
  std::int64_t max_length = 50;  // 0: the whole episode
  bool prioritise_ends = true;   // the last window min_length times as likely as another
};

struct Window {
  std::int64_t first = 0;
  std::int64_t length = 0;
};

// The window in an episode of num_rows (steps + 1) rows, by two random numbers: `shorten` of
// {0, ..., min_length - 1} and `start` of {0, ..., num_starts(...) - 1}.
std::int64_t window_length(const WindowRule& rule, std::int64_t num_rows, std::int64_t shorten);
std::int64_t num_starts(const WindowRule& rule, std::int64_t num_rows, std::int64_t length);
Window window_at(std::int64_t num_rows, std::int64_t length, std::int64_t start);

Window draw_window(const WindowRule& rule, std::int64_t num_rows, Rng& rng);

}  // namespace foresight

#include "replay/sequence_window.h"

#include <algorithm>

namespace foresight {

std::int64_t window_length(const WindowRule& rule, std::int64_t num_rows, std::int64_t shorten) {
  const std::int64_t longest = rule.max_length > 0 ? std::min(num_rows, rule.max_length) : num_rows;
  return std::min(num_rows, std::max(rule.min_length, longest - shorten));
}

std::int64_t num_starts(const WindowRule& rule, std::int64_t num_rows, std::int64_t length) {
  return num_rows - length + 1 + (rule.prioritise_ends ? rule.min_length : 0);
}

Window window_at(std::int64_t num_rows, std::int64_t length, std::int64_t start) {
  return {std::min(start, num_rows - length), length};
}

Window draw_window(const WindowRule& rule, std::int64_t num_rows, Rng& rng) {
  const auto below = [&](std::int64_t bound) {
    return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(bound)));
  };
  const std::int64_t length = window_length(rule, num_rows, below(rule.min_length));
  return window_at(num_rows, length, below(num_starts(rule, num_rows, length)));
}

}  // namespace foresight

#include "replay/sum_tree.h"

#include <bit>
#include <cmath>

#include "base/error.h"

namespace foresight {

SumTree::SumTree(std::int64_t size)
    : base_(static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(size)))),
      nodes_(static_cast<std::size_t>(2 * base_), 0.0) {
  FS_CHECK(size >= 1, "a tree of {} numbers", size);
}

void SumTree::set(std::int64_t index, double value) {
  FS_CHECK(index >= 0 && index < base_ && std::isfinite(value) && value >= 0.0,
           "number {} of {} becomes {}", index, base_, value);
  auto node = static_cast<std::size_t>(base_ + index);
  nodes_[node] = value;
  // Sums are formed anew, never corrected: the same numbers give the same bits.
  while (node > 1) {
    node /= 2;
    nodes_[node] = nodes_[2 * node] + nodes_[2 * node + 1];
  }
}

std::int64_t SumTree::find(double point) const {
  FS_CHECK(total() > 0.0, "all of the tree's numbers are zero");
  std::size_t node = 1;
  while (node < static_cast<std::size_t>(base_)) {
    node *= 2;  // the left child
    const bool goes_left = point < nodes_[node] || nodes_[node + 1] <= 0.0;
    if (goes_left) continue;
    point -= nodes_[node];
    ++node;
  }
  return static_cast<std::int64_t>(node) - base_;
}

}  // namespace foresight

#include "replay/episode_weights.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

void EpisodeWeights::reset(std::int64_t first) {
  FS_CHECK(first >= 0, "an episode with the number {}", first);
  first_ = end_ = first;
  num_leaves_ = 2;
  nodes_.assign(4, {});
}

void EpisodeWeights::push(std::int64_t num_slices, double priority) {
  if (2 * (end_ + 1 - first_) > num_leaves_) grow();
  ++end_;
  set(end_ - 1, num_slices, priority);
}

void EpisodeWeights::set(std::int64_t number, std::int64_t num_slices, double priority) {
  FS_CHECK(number >= first_ && number < end_, "episode {} is not in [{}, {})", number, first_,
           end_);
  FS_CHECK(priority >= 0.0 && priority < kNone, "episode {} has the priority {}", number, priority);
  const double sum = static_cast<double>(num_slices) * priority;
  write(number, {sum, sum > 0.0 ? priority : kNone});
}

void EpisodeWeights::drop_before(std::int64_t number) {
  for (; first_ < std::min(number, end_); ++first_) write(first_, {});
  if (number > end_) reset(number);
}

// Sums are formed anew, never corrected: the same numbers give the same bits.
void EpisodeWeights::write(std::int64_t number, Node leaf) {
  std::size_t node = leaf_of(number);
  nodes_[node] = leaf;
  while (node > 3) {
    node /= 2;
    const Node& left = nodes_[2 * node];
    const Node& right = nodes_[2 * node + 1];
    nodes_[node] = {left.sum + right.sum, std::min(left.smallest, right.smallest)};
  }
}

void EpisodeWeights::grow() {
  std::vector<Node> leaves;
  for (std::int64_t number = first_; number < end_; ++number) {
    leaves.push_back(nodes_[leaf_of(number)]);
  }
  num_leaves_ *= 2;
  nodes_.assign(static_cast<std::size_t>(2 * num_leaves_), {});
  for (std::int64_t number = first_; number < end_; ++number) {
    write(number, leaves[static_cast<std::size_t>(number - first_)]);
  }
}

// The window is no longer than a half, so it touches two neighbouring halves of the number line at
// most, and no two of its episodes, nor of the blocks they lie in, share a node.
std::size_t EpisodeWeights::oldest_half() const {
  return (first_ & (num_leaves_ - 1)) < num_leaves_ / 2 ? 2 : 3;
}

double EpisodeWeights::total() const { return nodes_[2].sum + nodes_[3].sum; }

double EpisodeWeights::smallest_priority() const {
  return std::min(nodes_[2].smallest, nodes_[3].smallest);
}

std::int64_t EpisodeWeights::find(double point) const {
  FS_CHECK(total() > 0.0, "all priorities are zero");
  std::size_t node = oldest_half();
  const auto pass = [&](std::size_t older, std::size_t newer) {
    const bool is_older = point < nodes_[older].sum || nodes_[newer].sum <= 0.0;
    if (!is_older) point -= nodes_[older].sum;
    return is_older ? older : newer;
  };
  node = pass(node, 5 - node);
  while (node < static_cast<std::size_t>(num_leaves_)) node = pass(2 * node, 2 * node + 1);
  const std::int64_t leaf = static_cast<std::int64_t>(node) - num_leaves_;
  return first_ + ((leaf - first_) & (num_leaves_ - 1));
}

}  // namespace foresight

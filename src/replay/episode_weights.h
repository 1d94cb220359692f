// By what stored episodes are drawn: a window of consecutive episode numbers that slides on as
// episodes come and go. Drawing, changing, adding and dropping one cost log2(number of episodes).
//
// A binary tree over the numbers: node (k, j) sums the episodes [j 2^k, (j + 1) 2^k). Blocks lie
// where the numbers lie and not where the window begins, so sums round alike however the window
// came to be: after a checkpoint is loaded as in the run that wrote it.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace foresight {

class EpisodeWeights {
 public:
  // Empties the window; the next episode pushed has this number, >= 0.
  void reset(std::int64_t first);
  // One more, behind the newest: all its slices have this priority >= 0.
  void push(std::int64_t num_slices, double priority);
  void set(std::int64_t number, std::int64_t num_slices, double priority);
  // Episodes below `number` leave the window.
  void drop_before(std::int64_t number);

  std::int64_t first() const { return first_; }
  std::int64_t end() const { return end_; }  // behind the newest

  // Sum of num_slices * priority.
  double total() const;
  // The episode whose share of the running sums, oldest first, holds `point` in [0, total()); never
  // one of share 0. ContractViolation: everything is 0.
  std::int64_t find(double point) const;
  // Smallest positive priority of an episode with a slice; infinity without any.
  double smallest_priority() const;

 private:
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  struct Node {
    double sum = 0.0;
    double smallest = kNone;
  };
  void write(std::int64_t number, Node leaf);
  void grow();
  std::size_t leaf_of(std::int64_t number) const {
    return static_cast<std::size_t>(num_leaves_ + (number & (num_leaves_ - 1)));
  }
  // Which of the two halves of the tree, node 2 or 3, the oldest episode lies in.
  std::size_t oldest_half() const;

  std::int64_t first_ = 0;
  std::int64_t end_ = 0;
  std::int64_t num_leaves_ = 2;  // a power of two; the window takes at most half of it
  std::vector<Node> nodes_{4};   // node i combines 2 i and 2 i + 1; 1, the root, is not used
};

}  // namespace foresight

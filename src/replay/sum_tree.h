// Non-negative numbers with the sum of every run of 2^k of them: drawing in proportion and changing
// one number cost log2(size). Source: Schaul et al. 2016, arXiv:1511.05952, appendix B.2.1.
#pragma once

#include <cstdint>
#include <vector>

namespace foresight {

class SumTree {
 public:
  // All zero.
  explicit SumTree(std::int64_t size);

  void set(std::int64_t index, double value);
  double at(std::int64_t index) const { return nodes_[static_cast<std::size_t>(base_ + index)]; }
  double total() const { return nodes_[1]; }
  // The index whose share of the running sums holds `point` in [0, total()); never one of zero.
  // ContractViolation: everything is zero.
  std::int64_t find(double point) const;

 private:
  std::int64_t base_;          // leaves begin here: a power of two
  std::vector<double> nodes_;  // node i is the sum of 2 i and 2 i + 1
};

}  // namespace foresight

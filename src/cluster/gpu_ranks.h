// Ranks that add up in the memory of their GPUs, over NCCL; everything else goes the way it went
// before. NCCL is a library of its own, libforesight_nccl.so, loaded at the first sum of a GPU's
// numbers; where a rank has none, all go through the host. Not measured yet: there was no GPU.
#pragma once

#include <memory>

#include "cluster/team_ranks.h"

namespace foresight {

// What that library gives.
class GpuSum {
 public:
  virtual ~GpuSum() = default;
  // values [count] on the GPU become their sums over the ranks, the same bits on all.
  virtual void sum(float* values, std::int64_t count) = 0;
};

class GpuRanks : public TeamRanks {
 public:
  explicit GpuRanks(std::unique_ptr<TeamRanks> ranks) : ranks_(std::move(ranks)) {}

  int rank() const override { return ranks_->rank(); }
  int size() const override { return ranks_->size(); }
  int num_here() const override { return ranks_->num_here(); }
  int rank_here() const override { return ranks_->rank_here(); }
  void gather(std::span<const std::byte> own, std::span<std::byte> all) override {
    ranks_->gather(own, all);
  }
  void sum(std::span<float> values) override { ranks_->sum(values); }
  void tell_end(const std::string& cause) override { ranks_->tell_end(cause); }
  std::string loss() const override { return ranks_->loss(); }
  bool sum_on_gpu(float* values, std::int64_t count) override;

 private:
  void open();

  std::unique_ptr<TeamRanks> ranks_;
  bool is_opened_ = false;
  std::unique_ptr<GpuSum> gpu_sum_;  // null: through the host
};

}  // namespace foresight

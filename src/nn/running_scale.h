// Scale of the values the policy maximises: an average of the 5 % to 95 % range.
// Reference: nicklashansen/tdmpc2@e9f5932, common/scale.py, RunningScale.
#pragma once

#include "base/tensor.h"

namespace foresight {

class RunningScale {
 public:
  RunningScale(double tau, const Tensor& start);  // start [1], usually 1

  // x [B, 1]: moves the value by tau towards max(p95 - p5, 1).
  void update(const Tensor& x);
  const Tensor& value() const { return value_; }          // [1]
  void set(const Tensor& value) { value_.copy_(value); }  // in place: a recorded graph reads it

 private:
  double tau_;
  Tensor value_;
};

// x [B, 1] -> the p-th percentile in percent, linear between the neighbours.
Tensor percentile(const Tensor& x, double percent);

}  // namespace foresight

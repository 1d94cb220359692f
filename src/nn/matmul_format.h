// In which format the products of layers are multiplied elsewhere than on the CPU, whose planner
// has reduced formats of its own (kernels/reduced_linear).
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/tensor.h"

namespace foresight {

enum class MatmulFormat {
  kFp32,
  kTf32,  // inputs and weights rounded to 11 significant bits inside of the product; CUDA only
  kBf16,  // to 8; for work without gradients
};

// "tf32" and "bf16"; every other word means fp32.
MatmulFormat matmul_format(const std::string& word);

// Weights rounded to bf16, each once.
class RoundedWeights {
 public:
  const Tensor& operator[](const Tensor& weight);
  void clear() { rounded_.clear(); }

 private:
  struct Entry {
    Tensor weight;  // keeps its place its own
    Tensor rounded;
  };
  // By storage and offset: tensors of device meta have no address.
  std::map<std::pair<const void*, std::int64_t>, Entry> rounded_;
};

// y = x W^T + b in bf16: x [R, K], weight [N, K], bias [N] -> [R, N], or stacked x [E, R, K] or
// [R, K], weight [E, N, K], bias [E, N] -> [E, R, N]; float again.
Tensor linear_in_bf16(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      RoundedWeights& rounded);

// While it lives, linear() and linear_ensemble() (nn/linear.h) of this thread multiply so. TF32 is
// a switch of the whole process: one thread at a time.
class MatmulFormatScope {
 public:
  MatmulFormatScope(MatmulFormat format, RoundedWeights& rounded);
  ~MatmulFormatScope();
  MatmulFormatScope(const MatmulFormatScope&) = delete;
  MatmulFormatScope& operator=(const MatmulFormatScope&) = delete;

  // The rounded weights of the innermost scope of this thread; null where it is not one of bf16.
  static RoundedWeights* rounded_weights();

 private:
  bool had_tf32_;
  RoundedWeights* outer_;
};

}  // namespace foresight

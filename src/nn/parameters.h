// The parameters of some networks, side by side in one flat buffer with one flat gradient, so that
// clipping, Adam and averaging are single passes. Each tensor is a leaf that views its part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/tensor.h"
#include "nn/torch.h"

namespace foresight {

// How a fresh tensor is filled.
enum class Init {
  kZero,
  kOne,
  kNormal,         // N(0, 0.02) cut at +-2, the reference's trunc_normal_
  kTorchUniform,   // U(-1/sqrt(fan_in), 1/sqrt(fan_in)), PyTorch's default of Linear
  kGlorotUniform,  // U(-b, b), b = sqrt(6 / fans), Keras' default; `fan_in` is fan_in + fan_out
};

class ParameterSet {
 public:
  struct Entry {
    std::string name;
    std::vector<std::int64_t> shape;
    Init init = Init::kZero;
    std::int64_t fan_in = 1;
    std::int64_t offset = 0;
    Tensor value;  // leaf; defined after build()
  };

  // Declares a tensor and returns its index; only before build().
  std::size_t declare(std::string name, std::vector<std::int64_t> shape, Init init,
                      std::int64_t fan_in = 1);
  // Allocates and initialises everything from `rng`; tensors need gradients if `trainable`.
  void build(const torch::Device& device, bool trainable, Rng& rng);

  const Tensor& at(std::size_t index) const { return entries_[index].value; }
  const std::vector<Entry>& entries() const { return entries_; }
  std::int64_t size() const { return size_; }
  const Tensor& flat() const { return flat_; }               // [size]
  const Tensor& flat_gradient() const { return gradient_; }  // [size], undefined if not trainable
  // The same as plain numbers, on the CPU.
  float* data_of(std::size_t index) const;
  float* gradient_of(std::size_t index) const;
  // Offset of the first tensor whose name begins with `prefix` and the length of that run.
  std::pair<std::int64_t, std::int64_t> range_of(const std::string& prefix) const;

  // Fills every tensor again with another rule for all weights and biases of linear layers.
  void fill_like_torch(Rng& rng);

 private:
  std::vector<Entry> entries_;
  std::int64_t size_ = 0;
  Tensor flat_;
  Tensor gradient_;
};

}  // namespace foresight

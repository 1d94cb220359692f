// Seeded tensors and a comparison that says where two tensors differ.
#pragma once

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/tensor.h"
#include "nn/parameters.h"
#include "nn/torch.h"

namespace foresight {

inline Tensor random_normal(at::IntArrayRef shape, Rng& rng) {
  Tensor values = torch::empty(shape, torch::kFloat32);
  rng.fill_normal({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  return values;
}

// Fresh parameters are too tidy to test with: zero biases and unit LayerNorms hide mistakes.
inline void fill_with_noise(const ParameterSet& parameters, float scale, Rng& rng) {
  const torch::NoGradGuard no_grad;
  parameters.flat().copy_(scale * random_normal({parameters.size()}, rng));
}

// |a - b| <= tolerance * max(1, |b|) everywhere, and the shapes are equal.
inline testing::AssertionResult is_close(const Tensor& a, const Tensor& b, double tolerance) {
  if (a.sizes() != b.sizes()) {
    return testing::AssertionFailure() << "shapes " << a.sizes() << " and " << b.sizes();
  }
  if (a.numel() == 0) return testing::AssertionSuccess();
  const Tensor reference = b.detach().to(torch::kDouble).flatten();
  const Tensor error =
      (a.detach().to(torch::kDouble).flatten() - reference).abs() / reference.abs().clamp_min(1.0);
  const Tensor is_right = error <= tolerance;  // a NaN is not
  if (is_right.all().item<bool>()) return testing::AssertionSuccess();
  const auto index = is_right.logical_not().to(torch::kLong).argmax().item<std::int64_t>();
  return testing::AssertionFailure()
         << is_right.logical_not().sum().item<std::int64_t>() << " of " << a.numel()
         << " entries differ, first at " << index << ": " << a.flatten()[index].item<double>()
         << " instead of " << reference[index].item<double>() << "; largest relative error "
         << error.max().item<double>();
}

// The largest error, as a share of the largest number.
inline double relative_error(const Tensor& found, const Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

inline testing::AssertionResult has_same_bits(const Tensor& a, const Tensor& b) {
  if (torch::equal(a, b)) return testing::AssertionSuccess();
  return is_close(a, b, 0.0) << " (compared bit for bit)";
}

}  // namespace foresight

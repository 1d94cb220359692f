#include "nn/mlp_tape.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/linear_training/linear_training.h"
#include "nn/compute_team.h"

namespace foresight {
namespace {

// Numbers of one task of an elementwise pass: worth the microsecond of handing it out.
constexpr std::int64_t kPiece = 1 << 14;

std::int64_t num_pieces(std::int64_t size) { return (size + kPiece - 1) / kPiece; }

void relu(float* values, std::int64_t size) {
  compute_team().run(num_pieces(size), [&](std::int64_t task, int) {
    const std::int64_t end = std::min(size, (task + 1) * kPiece);
    // As torch.relu: a NaN stays one.
    for (std::int64_t i = task * kPiece; i < end; ++i) values[i] = values[i] < 0 ? 0 : values[i];
  });
}

}  // namespace

MlpTape::MlpTape(const Mlp& mlp, const ParameterSet& parameters)
    : mlp_(mlp),
      parameters_(parameters),
      num_members_(std::max<std::int64_t>(mlp.num_members(), 1)),
      outputs_(mlp.layers().size()) {
  for (std::size_t i = 0; i < mlp.layers().size(); ++i) {
    const MlpLayer& layer = mlp.layers()[i];
    const bool is_last = i + 1 == mlp.layers().size();
    FS_CHECK(
        !layer.has_norm && layer.activation == (is_last ? Activation::kNone : Activation::kRelu),
        "layer {} is not linear with ReLU", i);
  }
  FS_CHECK(parameters.flat().is_cpu(), "parameters on the CPU only");
}

std::span<const float> MlpTape::forward(std::span<const float> x) {
  const auto& layers = mlp_.layers();
  num_rows_ = std::ssize(x) / layers.front().in_dim;
  FS_CHECK(num_rows_ * layers.front().in_dim == std::ssize(x), "{} numbers for rows of {}",
           x.size(), layers.front().in_dim);
  x_ = x;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const MlpLayer& layer = layers[i];
    const std::int64_t size = num_members_ * num_rows_ * layer.out_dim;
    outputs_[i].reserve(size);
    const MemberRows input =
        i == 0 ? MemberRows{x.data(), layer.in_dim, 0}
               : MemberRows{outputs_[i - 1].data(), layer.in_dim, num_rows_ * layer.in_dim};
    linear_forward({.num_members = num_members_,
                    .num_rows = num_rows_,
                    .num_inputs = layer.in_dim,
                    .num_outputs = layer.out_dim},
                   input, parameters_.data_of(layer.weight), parameters_.data_of(layer.bias),
                   outputs_[i].data(), workspace_, compute_team());
    if (i + 1 < layers.size()) relu(outputs_[i].data(), size);
  }
  return {outputs_.back().data(),
          static_cast<std::size_t>(num_members_ * num_rows_ * layers.back().out_dim)};
}

// grad [E, R', width] *= [output > 0].
void MlpTape::mask_by_activation(float* grad, std::size_t layer, std::int64_t num_rows) const {
  const std::int64_t member_size = num_rows * mlp_.layers()[layer].out_dim;
  const std::int64_t output_stride = num_rows_ * mlp_.layers()[layer].out_dim;
  const std::int64_t pieces = num_pieces(member_size);
  compute_team().run(num_members_ * pieces, [&](std::int64_t task, int) {
    const std::int64_t member = task / pieces;
    const std::int64_t begin = task % pieces * kPiece;
    const std::int64_t size = std::min(kPiece, member_size - begin);
    const float* y = outputs_[layer].data() + member * output_stride + begin;
    float* g = grad + member * member_size + begin;
    for (std::int64_t i = 0; i < size; ++i) g[i] = y[i] > 0 ? g[i] : 0;
  });
}

void MlpTape::run_backward(std::span<const float> grad_y, const Wanted& wanted) {
  const auto& layers = mlp_.layers();
  const std::int64_t num_rows = std::ssize(grad_y) / (num_members_ * layers.back().out_dim);
  FS_CHECK(num_rows <= num_rows_ &&
               num_rows * num_members_ * layers.back().out_dim == std::ssize(grad_y),
           "{} numbers are no gradient of {} rows", grad_y.size(), num_rows_);
  const float* grad = grad_y.data();
  for (std::size_t i = layers.size(); i-- > 0;) {
    const MlpLayer& layer = layers[i];
    LinearGrad step{.grad_y = {grad, layer.out_dim, num_rows * layer.out_dim},
                    .weight = parameters_.data_of(layer.weight)};
    if (i > 0) {
      step.x = {outputs_[i - 1].data(), layer.in_dim, num_rows_ * layer.in_dim};
      grads_[i % 2].reserve(num_members_ * num_rows * layer.in_dim);
      step.grad_x = grads_[i % 2].data();
    } else {
      step.x = {x_.data(), layer.in_dim, 0};
      step.sums_members = true;
      step.grad_x = wanted.grad_x;
    }
    if (wanted.parameters) {
      step.grad_weight = parameters_.gradient_of(layer.weight);
      step.grad_bias = parameters_.gradient_of(layer.bias);
    }
    linear_backward({.num_members = num_members_,
                     .num_rows = num_rows,
                     .num_inputs = layer.in_dim,
                     .num_outputs = layer.out_dim},
                    step, workspace_, compute_team());
    if (i == 0) break;
    mask_by_activation(step.grad_x, i - 1, num_rows);
    grad = step.grad_x;
  }
}

void MlpTape::backward(std::span<const float> grad_y) {
  run_backward(grad_y, {.parameters = true});
}

void MlpTape::backward_to_input(std::span<const float> grad_y, std::span<float> grad_x) {
  run_backward(grad_y, {.grad_x = grad_x.data()});
}

}  // namespace foresight

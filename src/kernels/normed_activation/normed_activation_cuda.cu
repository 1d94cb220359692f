// LayerNorm, scale and shift, and Mish or SimNorm in one pass over memory. A warp takes a row: D is
// a few hundred, so that a row's second and third reading come from the first-level cache.
//
// Forward    u = gamma (x - mean) rstd + beta;  y = act(u)
// Backward   du = dy act'(u);  dgamma = sum du xhat;  dbeta = sum du;  with g = du gamma:
//            dx = rstd (g - mean(g) - xhat mean(g xhat))
#include <cuda_runtime.h>

#include <type_traits>

#include "kernels/normed_activation/normed_activation_cuda_kernel.h"

namespace foresight {
namespace {

constexpr int kWarp = 32;
constexpr int kWarpsPerBlock = 4;
constexpr float kEpsilon = 1e-5f;
// Sums over rows are gathered in this many parts, then the parts in their order.
constexpr int kNumParts = 32;
constexpr int kColumnsPerBlock = 32;
constexpr int kRowsPerBlock = 8;

// What a kernel knows of the call.
struct Shape {
  std::int64_t num_rows, num_features, simnorm_dim;
  std::int64_t num_all_rows;  // E R
  const float* gamma;
  const float* beta;
};

// One row and its place.
struct Row {
  const float* x;
  const float* gamma;
  const float* beta;
  float mean, rstd;

  __device__ float normed(std::int64_t i) const { return (x[i] - mean) * rstd; }
  __device__ float before_activation(std::int64_t i) const {
    return fmaf(gamma[i], normed(i), beta[i]);
  }
};

__device__ float sum_over_warp(float value) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, offset);
  }
  return value;
}

// This warp's row of all E R; -1 behind the last.
__device__ std::int64_t row_of_warp(const Shape& shape) {
  const std::int64_t row =
      static_cast<std::int64_t>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / kWarp;
  return row < shape.num_all_rows ? row : -1;
}

__device__ Row row_at(const Shape& shape, const float* x, std::int64_t row) {
  const std::int64_t member = row / shape.num_rows;
  return {x + row * shape.num_features, shape.gamma + member * shape.num_features,
          shape.beta + member * shape.num_features, 0.0f, 1.0f};
}

// tanh(softplus(u)) = n / (n + 2) with n = e^u (e^u + 2): one exponential.
__device__ float tanh_softplus(float u) {
  if (u > 20.0f) return 1.0f;
  const float e = expf(u);
  const float n = e * (e + 2.0f);
  return n / (n + 2.0f);
}

__device__ float mish(float u) { return u * tanh_softplus(u); }

__device__ float mish_slope(float u) {
  const float t = tanh_softplus(u);
  return t + u * (1.0f - t * t) / (1.0f + expf(-u));
}

// The softmax of one group: its largest entry and the sum of exp(u - largest).
struct Softmax {
  float largest, sum;
};
__device__ Softmax softmax_of_group(const Row& row, std::int64_t begin, std::int64_t end) {
  Softmax result{row.before_activation(begin), 0.0f};
  for (std::int64_t i = begin + 1; i < end; ++i) {
    result.largest = fmaxf(result.largest, row.before_activation(i));
  }
  for (std::int64_t i = begin; i < end; ++i) {
    result.sum += expf(row.before_activation(i) - result.largest);
  }
  return result;
}

template <Activation kActivation>
__global__ void forward_kernel(Shape shape, const float* x, float* y, float* mean, float* rstd) {
  const std::int64_t index = row_of_warp(shape);
  if (index < 0) return;
  const int lane = threadIdx.x % kWarp;
  const std::int64_t width = shape.num_features;
  Row row = row_at(shape, x, index);
  float sum = 0.0f;
  for (std::int64_t i = lane; i < width; i += kWarp) sum += row.x[i];
  row.mean = sum_over_warp(sum) / static_cast<float>(width);
  float squares = 0.0f;
  for (std::int64_t i = lane; i < width; i += kWarp) {
    const float deviation = row.x[i] - row.mean;
    squares = fmaf(deviation, deviation, squares);
  }
  row.rstd = rsqrtf(sum_over_warp(squares) / static_cast<float>(width) + kEpsilon);
  if (lane == 0) {
    mean[index] = row.mean;
    rstd[index] = row.rstd;
  }
  float* out = y + index * width;
  if constexpr (kActivation == Activation::kSimNorm) {
    const std::int64_t size = shape.simnorm_dim;
    for (std::int64_t begin = lane * size; begin < width; begin += kWarp * size) {
      const Softmax softmax = softmax_of_group(row, begin, begin + size);
      for (std::int64_t i = begin; i < begin + size; ++i) {
        out[i] = expf(row.before_activation(i) - softmax.largest) / softmax.sum;
      }
    }
  } else {
    for (std::int64_t i = lane; i < width; i += kWarp) {
      const float u = row.before_activation(i);
      if constexpr (kActivation == Activation::kMish) {
        out[i] = mish(u);
      } else if constexpr (kActivation == Activation::kRelu) {
        out[i] = u < 0.0f ? 0.0f : u;  // a NaN stays one
      } else {
        out[i] = u;
      }
    }
  }
}

// The gradient before the activation into `slope` [E R, D], by lanes of the warp.
template <Activation kActivation>
__device__ void slope_before_activation(const Shape& shape, const Row& row, const float* grad_y,
                                        float* slope) {
  const int lane = threadIdx.x % kWarp;
  const std::int64_t width = shape.num_features;
  if constexpr (kActivation == Activation::kSimNorm) {
    const std::int64_t size = shape.simnorm_dim;
    for (std::int64_t begin = lane * size; begin < width; begin += kWarp * size) {
      const Softmax softmax = softmax_of_group(row, begin, begin + size);
      float product = 0.0f;
      for (std::int64_t i = begin; i < begin + size; ++i) {
        const float y = expf(row.before_activation(i) - softmax.largest) / softmax.sum;
        slope[i] = y;
        product = fmaf(y, grad_y[i], product);
      }
      for (std::int64_t i = begin; i < begin + size; ++i) slope[i] *= grad_y[i] - product;
    }
  } else {
    for (std::int64_t i = lane; i < width; i += kWarp) {
      float factor = 1.0f;
      if constexpr (kActivation == Activation::kMish) factor = mish_slope(row.before_activation(i));
      if constexpr (kActivation == Activation::kRelu) {
        factor = row.before_activation(i) > 0.0f ? 1.0f : 0.0f;
      }
      slope[i] = grad_y[i] * factor;
    }
  }
  __syncwarp();
}

template <Activation kActivation>
__global__ void backward_kernel(Shape shape, NormedActivationGrad grad, float* slopes) {
  const std::int64_t index = row_of_warp(shape);
  if (index < 0) return;
  const int lane = threadIdx.x % kWarp;
  const std::int64_t width = shape.num_features;
  Row row = row_at(shape, grad.x, index);
  row.mean = grad.mean[index];
  row.rstd = grad.rstd[index];
  float* slope = slopes + index * width;
  slope_before_activation<kActivation>(shape, row, grad.grad_y + index * width, slope);
  float sum = 0.0f, product = 0.0f;
  for (std::int64_t i = lane; i < width; i += kWarp) {
    const float g = slope[i] * row.gamma[i];
    sum += g;
    product = fmaf(g, row.normed(i), product);
  }
  const float mean_g = sum_over_warp(sum) / static_cast<float>(width);
  const float mean_product = sum_over_warp(product) / static_cast<float>(width);
  float* grad_x = grad.grad_x + index * width;
  for (std::int64_t i = lane; i < width; i += kWarp) {
    grad_x[i] = row.rstd * (slope[i] * row.gamma[i] - mean_g - row.normed(i) * mean_product);
  }
}

// Part blockIdx.y of the rows of member blockIdx.z, a strip of columns: sums of du xhat and of du
// -> parts [2, kNumParts, E, D].
__global__ void sum_part_kernel(Shape shape, NormedActivationGrad grad, const float* slopes,
                                float* parts) {
  __shared__ float sums[2][kRowsPerBlock][kColumnsPerBlock];
  const std::int64_t width = shape.num_features;
  const std::int64_t column =
      static_cast<std::int64_t>(blockIdx.x) * kColumnsPerBlock + threadIdx.x;
  const std::int64_t part = blockIdx.y, member = blockIdx.z;
  float weight_sum = 0.0f, bias_sum = 0.0f;
  if (column < width) {
    const std::int64_t begin = shape.num_rows * part / kNumParts;
    const std::int64_t end = shape.num_rows * (part + 1) / kNumParts;
    for (std::int64_t r = begin + threadIdx.y; r < end; r += kRowsPerBlock) {
      const std::int64_t index = member * shape.num_rows + r;
      const float slope = slopes[index * width + column];
      const float normed = (grad.x[index * width + column] - grad.mean[index]) * grad.rstd[index];
      weight_sum = fmaf(slope, normed, weight_sum);
      bias_sum += slope;
    }
  }
  sums[0][threadIdx.y][threadIdx.x] = weight_sum;
  sums[1][threadIdx.y][threadIdx.x] = bias_sum;
  __syncthreads();
  if (threadIdx.y > 1 || column >= width) return;
  float total = 0.0f;
  for (int r = 0; r < kRowsPerBlock; ++r) total += sums[threadIdx.y][r][threadIdx.x];
  const std::int64_t num_members = gridDim.z;
  parts[((threadIdx.y * kNumParts + part) * num_members + member) * width + column] = total;
}

__global__ void sum_parts_kernel(std::int64_t size, const float* parts, NormedActivationGrad grad) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= size) return;
  float weight_sum = 0.0f, bias_sum = 0.0f;
  for (int part = 0; part < kNumParts; ++part) {
    weight_sum += parts[part * size + i];
    bias_sum += parts[(kNumParts + part) * size + i];
  }
  grad.grad_norm_weight[i] = weight_sum;
  grad.grad_norm_bias[i] = bias_sum;
}

Shape shape_of(const NormedActivationCuda& op) {
  return {op.num_rows,    op.num_features, op.simnorm_dim, op.num_members * op.num_rows,
          op.norm_weight, op.norm_bias};
}

cudaStream_t stream_of(const NormedActivationCuda& op) {
  return static_cast<cudaStream_t>(op.stream);
}

// Null, or what the launches since the last call complained of.
const char* problem_of_launch() {
  const cudaError_t problem = cudaGetLastError();
  return problem == cudaSuccess ? nullptr : cudaGetErrorString(problem);
}

// Calls launch(std::integral_constant<Activation, a>) for the activation of the call.
template <typename Launch>
void for_activation(Activation activation, Launch&& launch) {
  switch (activation) {
    case Activation::kMish:
      return launch(std::integral_constant<Activation, Activation::kMish>());
    case Activation::kSimNorm:
      return launch(std::integral_constant<Activation, Activation::kSimNorm>());
    case Activation::kRelu:
      return launch(std::integral_constant<Activation, Activation::kRelu>());
    case Activation::kNone:
      return launch(std::integral_constant<Activation, Activation::kNone>());
  }
}

unsigned blocks_of_rows(const Shape& shape) {
  return static_cast<unsigned>((shape.num_all_rows + kWarpsPerBlock - 1) / kWarpsPerBlock);
}

}  // namespace

const char* launch_forward(const NormedActivationCuda& op, const float* x, float* y, float* mean,
                           float* rstd) {
  const Shape shape = shape_of(op);
  if (shape.num_all_rows == 0) return nullptr;
  for_activation(op.activation, [&](auto activation) {
    forward_kernel<decltype(activation)::value>
        <<<blocks_of_rows(shape), kWarpsPerBlock * kWarp, 0, stream_of(op)>>>(shape, x, y, mean,
                                                                              rstd);
  });
  return problem_of_launch();
}

std::int64_t scratch_of_launch(const NormedActivationCuda& op) {
  return op.num_members * op.num_features * (op.num_rows + 2 * kNumParts);
}

const char* launch_backward(const NormedActivationCuda& op, const NormedActivationGrad& grad) {
  const Shape shape = shape_of(op);
  float* slopes = grad.scratch;                                     // [E R, D]
  float* parts = slopes + shape.num_all_rows * shape.num_features;  // [2, parts, E, D]
  if (shape.num_all_rows > 0) {
    for_activation(op.activation, [&](auto activation) {
      backward_kernel<decltype(activation)::value>
          <<<blocks_of_rows(shape), kWarpsPerBlock * kWarp, 0, stream_of(op)>>>(shape, grad,
                                                                                slopes);
    });
  }
  const dim3 grid(
      static_cast<unsigned>((op.num_features + kColumnsPerBlock - 1) / kColumnsPerBlock), kNumParts,
      static_cast<unsigned>(op.num_members));
  sum_part_kernel<<<grid, dim3(kColumnsPerBlock, kRowsPerBlock), 0, stream_of(op)>>>(shape, grad,
                                                                                     slopes, parts);
  constexpr unsigned kThreads = 256;
  const std::int64_t num_sums = op.num_members * op.num_features;
  sum_parts_kernel<<<static_cast<unsigned>((num_sums + kThreads - 1) / kThreads), kThreads, 0,
                     stream_of(op)>>>(num_sums, parts, grad);
  return problem_of_launch();
}

}  // namespace foresight

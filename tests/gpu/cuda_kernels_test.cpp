// Every CUDA kernel of src/kernels against the tensor operations that define it, on the device.
#include "gpu/on_cuda.h"
#include "kernels/normed_activation/normed_activation_cuda.h"
#include "nn/normed_activation.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

class CudaKernels : public OnCuda {};

struct Leaves {
  // x [E, R, D], weight and bias [E, D].
  Leaves(std::int64_t members, std::int64_t rows, std::int64_t width) {
    Rng rng(1, "normed activation");
    const auto leaf = [&](at::IntArrayRef shape) {
      return random_normal(shape, rng).to(torch::kCUDA).requires_grad_();
    };
    x = leaf({members, rows, width});
    weight = leaf({members, width});
    bias = leaf({members, width});
    slope = leaf({members, rows, width}).detach();
  }
  Tensor x, weight, bias, slope;
};

TEST_F(CudaKernels, NormedActivationEqualsItsPlainFormInValueAndGradient) {
  if (!has_normed_activation_cuda()) GTEST_SKIP() << "built without nvcc";
  for (const Activation activation :
       {Activation::kNone, Activation::kMish, Activation::kSimNorm, Activation::kRelu}) {
    for (const auto& [members, rows, width] :
         std::vector<std::array<std::int64_t, 3>>{{1, 1, 8}, {3, 10, 24}, {5, 770, 512}}) {
      Leaves fused(members, rows, width);
      Leaves plain(members, rows, width);
      const Tensor y = normed_activation_ensemble(fused.x, fused.weight, fused.bias, activation, 8);
      const Tensor expected =
          normed_activation_plain(plain.x, plain.weight, plain.bias, activation, 8);
      EXPECT_TRUE(is_close(y.cpu(), expected.cpu(), 1e-5));
      (y * fused.slope).sum().backward();
      (expected * plain.slope).sum().backward();
      EXPECT_TRUE(is_close(fused.x.grad().cpu(), plain.x.grad().cpu(), 1e-4));
      // Sums over all rows, in another order.
      EXPECT_TRUE(is_close(fused.weight.grad().cpu(), plain.weight.grad().cpu(), 1e-3));
      EXPECT_TRUE(is_close(fused.bias.grad().cpu(), plain.bias.grad().cpu(), 1e-3));
    }
  }
}

TEST_F(CudaKernels, NormedActivationHasTheSameBitsEveryTime) {
  if (!has_normed_activation_cuda()) GTEST_SKIP() << "built without nvcc";
  std::vector<Tensor> gradients;
  for (int i = 0; i < 2; ++i) {
    Leaves leaves(2, 770, 512);
    const Tensor y =
        normed_activation_ensemble(leaves.x, leaves.weight, leaves.bias, Activation::kMish, 8);
    (y * leaves.slope).sum().backward();
    gradients.push_back(leaves.weight.grad().cpu());
  }
  EXPECT_TRUE(has_same_bits(gradients[0], gradients[1]));
}

}  // namespace
}  // namespace foresight

#include "nn/matmul_format.h"

#include <gtest/gtest.h>

#include "nn/linear.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

TEST(MatmulFormat, Bf16DiffersFromFp32ByItsRoundingOnly) {
  const torch::NoGradGuard no_grad;
  Rng rng(1, "matmul");
  const Tensor x = random_normal({20, 64}, rng);
  const Tensor weight = random_normal({3, 16, 64}, rng) / 8;
  const Tensor bias = random_normal({3, 16}, rng);
  RoundedWeights rounded;
  const Tensor one = linear_in_bf16(x, weight[1], bias[1], rounded);
  EXPECT_EQ(one.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(is_close(one, linear_plain(x, weight[1], bias[1]), 3e-2));
  EXPECT_FALSE(is_close(one, linear_plain(x, weight[1], bias[1]), 1e-5));
  const Tensor all = linear_in_bf16(x, weight, bias, rounded);
  EXPECT_TRUE(is_close(all, linear_ensemble_plain(x, weight, bias), 3e-2));
  const Tensor stacked = linear_in_bf16(x.expand({3, -1, -1}), weight, bias, rounded);
  EXPECT_TRUE(has_same_bits(stacked, all));
}

TEST(MatmulFormat, RoundsEachWeightOnceAndAgainAfterClear) {
  Tensor weight = torch::ones({4, 4});
  RoundedWeights rounded;
  const Tensor first = rounded[weight];
  EXPECT_EQ(rounded[weight].data_ptr(), first.data_ptr());
  weight.fill_(2.0);
  EXPECT_TRUE(has_same_bits(rounded[weight], torch::ones({4, 4}, torch::kBFloat16)));
  rounded.clear();
  EXPECT_TRUE(has_same_bits(rounded[weight], torch::full({4, 4}, 2.0, torch::kBFloat16)));
}

TEST(MatmulFormat, ScopesEndWhereTheyBegan) {
  RoundedWeights outer_weights, inner_weights;
  EXPECT_EQ(MatmulFormatScope::rounded_weights(), nullptr);
  {
    const MatmulFormatScope outer(MatmulFormat::kBf16, outer_weights);
    EXPECT_EQ(MatmulFormatScope::rounded_weights(), &outer_weights);
    {
      const MatmulFormatScope inner(MatmulFormat::kTf32, inner_weights);
      EXPECT_EQ(MatmulFormatScope::rounded_weights(), nullptr);
      EXPECT_TRUE(at::globalContext().allowTF32CuBLAS());
    }
    EXPECT_FALSE(at::globalContext().allowTF32CuBLAS());
    EXPECT_EQ(MatmulFormatScope::rounded_weights(), &outer_weights);
  }
  EXPECT_EQ(MatmulFormatScope::rounded_weights(), nullptr);
}

// Doubles are multiplied by the tensor operations that a CUDA device's are, so the scope reaches
// them.
TEST(MatmulFormat, AScopeOfBf16ReachesLinearLayersThatAreNotFused) {
  const torch::NoGradGuard no_grad;
  Rng rng(1, "matmul");
  const Tensor x = random_normal({20, 64}, rng).to(torch::kDouble);
  const Tensor weight = random_normal({16, 64}, rng).to(torch::kDouble) / 8;
  const Tensor bias = random_normal({16}, rng).to(torch::kDouble);
  RoundedWeights rounded;
  const Tensor expected = linear_in_bf16(x, weight, bias, rounded);
  const Tensor exact = linear(x, weight, bias);
  const MatmulFormatScope scope(MatmulFormat::kBf16, rounded);
  EXPECT_TRUE(has_same_bits(linear(x, weight, bias), expected));
  EXPECT_FALSE(is_close(expected, exact, 1e-5));
}

TEST(MatmulFormat, OtherWordsMeanFp32) {
  EXPECT_EQ(matmul_format("tf32"), MatmulFormat::kTf32);
  EXPECT_EQ(matmul_format("bf16"), MatmulFormat::kBf16);
  EXPECT_EQ(matmul_format("fp32"), MatmulFormat::kFp32);
  EXPECT_EQ(matmul_format("int8"), MatmulFormat::kFp32);
}

}  // namespace
}  // namespace foresight

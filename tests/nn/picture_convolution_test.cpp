#include "nn/picture_convolution.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

// Sums of up to a few hundred products of numbers near 1 in another order than the plain form's.
constexpr double kTolerance = 5e-5;

struct Sizes {
  std::int64_t num_images, small_edge, large_channels, small_channels, kernel;
};
constexpr Sizes kSizes[] = {{3, 1, 4, 7, 5}, {5, 3, 1, 6, 4}, {2, 6, 3, 33, 6}};

using Form = Tensor (*)(const Tensor&, const PictureLayer&);
enum class Wants { kAll, kParametersOnly };

// Both forms on copies: results and all gradients that they leave.
void expect_equal(const Tensor& x, const PictureLayer& layer, Form form, Form plain, Wants wants) {
  const auto copy = [](const Tensor& tensor, bool wants_gradient) {
    return tensor.detach().clone().requires_grad_(wants_gradient);
  };
  std::vector<std::vector<Tensor>> results;
  for (const Form f : {form, plain}) {
    const Tensor input = copy(x, wants == Wants::kAll);
    const PictureLayer twin{copy(layer.weight, true), copy(layer.bias, true), layer.activation};
    const Tensor y = f(input, twin);
    Rng rng(9, "picture convolution test");
    (y * random_normal(y.sizes(), rng)).sum().backward();
    results.push_back({y.detach(), twin.weight.grad(), twin.bias.grad(), input.grad()});
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    ASSERT_EQ(results[0][i].defined(), results[1][i].defined());
    if (results[0][i].defined()) {
      EXPECT_TRUE(is_close(results[0][i], results[1][i], kTolerance)) << i;
    }
  }
}

TEST(PictureConvolution, EqualsThePlainFormsWithTheirGradients) {
  Rng rng(8, "picture convolution test");
  for (const Sizes& s : kSizes) {
    const std::int64_t large_edge = 2 * (s.small_edge - 1) + s.kernel;
    const Tensor weight =
        random_normal({s.small_channels, s.large_channels, s.kernel, s.kernel}, rng);
    for (const auto activation : {PictureActivation::kNone, PictureActivation::kElu}) {
      for (const Wants wants : {Wants::kAll, Wants::kParametersOnly}) {
        // One line more than the patches reach, as where an edge is odd.
        expect_equal(
            random_normal({s.num_images, s.large_channels, large_edge + 1, large_edge + 1}, rng),
            {weight, random_normal({s.small_channels}, rng), activation}, convolve_picture,
            convolve_picture_plain, wants);
        expect_equal(
            random_normal({s.num_images, s.small_channels, s.small_edge, s.small_edge}, rng),
            {weight, random_normal({s.large_channels}, rng), activation},
            transposed_convolve_picture, transposed_convolve_picture_plain, wants);
      }
    }
  }
}

TEST(PictureConvolution, ReadsPicturesThatAreLaidOutInAnyWay) {
  Rng rng(8, "picture convolution test");
  const Tensor x = random_normal({2, 3, 8, 8}, rng);
  const PictureLayer layer{random_normal({5, 3, 4, 4}, rng), random_normal({5}, rng)};
  const Tensor y = convolve_picture(x, layer);
  EXPECT_TRUE(
      has_same_bits(convolve_picture(x.contiguous(torch::MemoryFormat::ChannelsLast), layer), y));
  EXPECT_TRUE(
      has_same_bits(convolve_picture(x.transpose(2, 3).contiguous().transpose(2, 3), layer), y));
}

TEST(PictureConvolution, RefusesChannelsThatDoNotFit) {
  const PictureLayer layer{torch::zeros({5, 3, 4, 4}), torch::zeros({5})};
  EXPECT_THROW(convolve_picture(torch::zeros({1, 4, 8, 8}), layer), ContractViolation);
  EXPECT_THROW(transposed_convolve_picture(torch::zeros({1, 3, 8, 8}), layer), ContractViolation);
}

}  // namespace
}  // namespace foresight

#include "kernels/picture_convolution/picture_convolution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/random_floats.h"

namespace foresight {
namespace {

struct Case {
  std::int64_t num_images, large_edge, large_channels, small_channels, kernel;
};

// One pixel and many, patches with and without a rest of columns, lines that no patch reaches (an
// even number of them is left over), more pictures than a group has and fewer than parts.
constexpr Case kCases[] = {
    {1, 4, 1, 1, 4}, {3, 9, 3, 5, 4}, {70, 6, 2, 13, 4}, {5, 31, 1, 7, 5}, {19, 12, 3, 33, 6}};

PictureConvolution op_of(const Case& c, CpuLevel level, bool has_elu = false) {
  return {.num_images = c.num_images,
          .large_edge = c.large_edge,
          .large_channels = c.large_channels,
          .small_channels = c.small_channels,
          .kernel = c.kernel,
          .has_elu = has_elu,
          .level = level};
}

struct Numbers {
  explicit Numbers(const PictureConvolution& op)
      : large(normal_floats(op.num_images * op.large_size(), 1)),
        small(normal_floats(op.num_images * op.small_pixels() * op.small_channels, 2)),
        weight(normal_floats(op.small_channels * op.patch_size(), 3)),
        small_bias(normal_floats(op.small_channels, 4)),
        large_bias(normal_floats(op.large_channels, 5)) {}
  std::vector<float> large, small, weight, small_bias, large_bias;
};

// Calls body(small index, large index, weight index) for every product of the definition.
template <typename Body>
void for_products(const PictureConvolution& op, Body body) {
  const std::int64_t S = op.small_edge(), L = op.large_edge, K = op.kernel;
  const std::int64_t C = op.large_channels, D = op.small_channels;
  for (std::int64_t n = 0; n < op.num_images; ++n) {
    for (std::int64_t p = 0; p < S * S * D * K * K * C; ++p) {
      const std::int64_t c = p % C, v = p / C % K, u = p / C / K % K, d = p / C / K / K % D;
      const std::int64_t j = p / C / K / K / D % S, i = p / C / K / K / D / S;
      const std::int64_t small = ((n * S + i) * S + j) * D + d;
      const std::int64_t large = ((n * L + 2 * i + u) * L + 2 * j + v) * C + c;
      body(static_cast<std::size_t>(small), static_cast<std::size_t>(large),
           static_cast<std::size_t>(((d * K + u) * K + v) * C + c));
    }
  }
}

// Rounding of a sum in float: 6e-8 of its terms' sizes each time it grows.
void expect_sums(const std::vector<float>& ours, const std::vector<double>& sums,
                 const std::vector<double>& sizes) {
  ASSERT_EQ(ours.size(), sums.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ASSERT_NEAR(ours[i], sums[i], 6e-7 * (1.0 + sizes[i])) << "number " << i;
  }
}

class PictureConvolutionTest : public testing::TestWithParam<CpuLevel> {};

TEST_P(PictureConvolutionTest, SmallPixelsAreProductsWithTheirPatches) {
  ThreadTeam team(2);
  PictureWorkspace workspace;
  for (const Case& c : kCases) {
    const PictureConvolution op = op_of(c, GetParam());
    const Numbers x(op);
    std::vector<float> ours(x.small.size(), NAN);
    small_from_large(op, x.large.data(), x.weight.data(), x.small_bias.data(), ours.data(),
                     workspace, team);
    std::vector<double> sums(ours.size()), sizes(ours.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = x.small_bias[i % x.small_bias.size()];
    for_products(op, [&](std::size_t small, std::size_t large, std::size_t weight) {
      const double term = double{x.large[large]} * x.weight[weight];
      sums[small] += term;
      sizes[small] += std::abs(term);
    });
    ASSERT_NO_FATAL_FAILURE(expect_sums(ours, sums, sizes));
  }
}

TEST_P(PictureConvolutionTest, LargePixelsAreSumsOverThePatchesThatReachThem) {
  ThreadTeam team(2);
  PictureWorkspace workspace;
  for (const Case& c : kCases) {
    const PictureConvolution op = op_of(c, GetParam());
    const Numbers x(op);
    std::vector<float> ours(x.large.size(), NAN);
    large_from_small(op, x.small.data(), x.weight.data(), x.large_bias.data(), ours.data(),
                     workspace, team);
    std::vector<double> sums(ours.size()), sizes(ours.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = x.large_bias[i % x.large_bias.size()];
    for_products(op, [&](std::size_t small, std::size_t large, std::size_t weight) {
      const double term = double{x.small[small]} * x.weight[weight];
      sums[large] += term;
      sizes[large] += std::abs(term);
    });
    ASSERT_NO_FATAL_FAILURE(expect_sums(ours, sums, sizes));
  }
}

TEST_P(PictureConvolutionTest, GradientOfTheWeightSumsOverAllSmallPixels) {
  ThreadTeam team(2);
  PictureWorkspace workspace;
  for (const Case& c : kCases) {
    const PictureConvolution op = op_of(c, GetParam());
    const Numbers x(op);
    std::vector<float> ours(x.weight.size(), NAN);
    patch_products(op, x.small.data(), x.large.data(), ours.data(), workspace, team);
    std::vector<double> sums(ours.size()), sizes(ours.size());
    for_products(op, [&](std::size_t small, std::size_t large, std::size_t weight) {
      const double term = double{x.small[small]} * x.large[large];
      sums[weight] += term;
      sizes[weight] += std::abs(term);
    });
    ASSERT_NO_FATAL_FAILURE(expect_sums(ours, sums, sizes));
  }
}

TEST_P(PictureConvolutionTest, EluComesAfterTheSum) {
  ThreadTeam team(1);
  PictureWorkspace workspace;
  for (const Case& c : kCases) {
    const PictureConvolution plain = op_of(c, GetParam()), with_elu = op_of(c, GetParam(), true);
    const Numbers x(plain);
    std::vector<float> small(x.small.size()), small_elu(x.small.size());
    std::vector<float> large(x.large.size()), large_elu(x.large.size());
    for (auto [op, s, l] :
         {std::tuple{&plain, &small, &large}, std::tuple{&with_elu, &small_elu, &large_elu}}) {
      small_from_large(*op, x.large.data(), x.weight.data(), nullptr, s->data(), workspace, team);
      large_from_small(*op, x.small.data(), x.weight.data(), nullptr, l->data(), workspace, team);
    }
    const auto elu = [](float value) { return value > 0.0f ? value : std::expm1(value); };
    for (std::size_t i = 0; i < small.size(); ++i) ASSERT_NEAR(small_elu[i], elu(small[i]), 1e-6);
    for (std::size_t i = 0; i < large.size(); ++i) ASSERT_NEAR(large_elu[i], elu(large[i]), 1e-6);
  }
}

TEST_P(PictureConvolutionTest, GivesTheSameBitsForAnyNumberOfThreads) {
  PictureWorkspace workspace;
  for (const Case& c : kCases) {
    const PictureConvolution op = op_of(c, GetParam());
    const Numbers x(op);
    std::vector<std::vector<float>> results;
    for (const int num_threads : {1, 3}) {
      ThreadTeam team(num_threads);
      std::vector<float> small(x.small.size()), large(x.large.size()), weight(x.weight.size());
      small_from_large(op, x.large.data(), x.weight.data(), x.small_bias.data(), small.data(),
                       workspace, team);
      large_from_small(op, x.small.data(), x.weight.data(), x.large_bias.data(), large.data(),
                       workspace, team);
      patch_products(op, x.small.data(), x.large.data(), weight.data(), workspace, team);
      small.insert(small.end(), large.begin(), large.end());
      small.insert(small.end(), weight.begin(), weight.end());
      results.push_back(small);
    }
    EXPECT_EQ(results[0], results[1]);
  }
}

INSTANTIATE_TEST_SUITE_P(AllLevels, PictureConvolutionTest,
                         testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight

#include "nn/coloured_noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "nn/torch.h"

namespace foresight {
namespace {

std::vector<float> noise(std::size_t length, double exponent, Rng& rng) {
  std::vector<float> sequence(length);
  fill_coloured_noise(sequence, exponent, rng);
  return sequence;
}

// The slope of log power over log frequency, fitted to the mean spectrum of many sequences. The
// spectrum is taken of a part of each, so that the sequence's own period does not help.
double spectral_slope(std::int64_t length, double exponent) {
  Rng rng(3, "noise");
  const std::int64_t part = length / 2;
  torch::Tensor power = torch::zeros({part / 2 + 1});
  const torch::Tensor window = torch::hann_window(part);
  for (int i = 0; i < 400; ++i) {
    const auto sequence = noise(static_cast<std::size_t>(length), exponent, rng);
    power += torch::fft::rfft(torch::tensor(sequence).narrow(0, 7, part) * window).abs().square();
  }
  double x = 0, y = 0, xx = 0, xy = 0, count = 0;
  // In octaves, so that the many high frequencies do not decide alone.
  for (std::int64_t low = 4; 2 * low <= part / 2; low *= 2, ++count) {
    const double log_power = std::log(power.slice(0, low, 2 * low).mean().item<double>());
    const double log_frequency = std::log(static_cast<double>(low));
    x += log_frequency, y += log_power;
    xx += log_frequency * log_frequency, xy += log_frequency * log_power;
  }
  return (count * xy - x * y) / (count * xx - x * x);
}

TEST(ColouredNoise, HasTheSpectrumThatWasAskedFor) {
  EXPECT_NEAR(spectral_slope(4096, 1.0), -1.0, 0.1);
  EXPECT_NEAR(spectral_slope(4096, 0.0), 0.0, 0.1);
  EXPECT_NEAR(spectral_slope(4096, 2.0), -2.0, 0.2);
}

TEST(ColouredNoise, HasTheSpectrumAtTheLengthOfAGame) {
  EXPECT_NEAR(spectral_slope(251, 1.0), -1.0, 0.1);
}

TEST(ColouredNoise, EveryNumberIsANormalDraw) {
  for (const std::size_t length : {2u, 3u, 250u, 251u}) {
    Rng rng(5, "noise");
    std::vector<double> sum(length), squares(length);
    constexpr int kSequences = 4000;
    for (int i = 0; i < kSequences; ++i) {
      const auto sequence = noise(length, 1.0, rng);
      for (std::size_t t = 0; t < length; ++t) {
        sum[t] += sequence[t];
        squares[t] += sequence[t] * sequence[t];
      }
    }
    for (std::size_t t = 0; t < length; ++t) {
      EXPECT_NEAR(sum[t] / kSequences, 0.0, 0.1) << length << " " << t;
      EXPECT_NEAR(squares[t] / kSequences, 1.0, 0.12) << length << " " << t;
    }
  }
}

TEST(ColouredNoise, DependsOnTheStreamAlone) {
  Rng one(1, "noise"), other(1, "noise"), third(2, "noise");
  EXPECT_EQ(noise(100, 1.0, one), noise(100, 1.0, other));
  EXPECT_NE(noise(100, 1.0, one), noise(100, 1.0, third));
}

TEST(ColouredNoise, RefusesASequenceOfOne) {
  Rng rng(1, "noise");
  EXPECT_THROW(noise(1, 1.0, rng), ContractViolation);
}

}  // namespace
}  // namespace foresight

#include "nn/coloured_noise.h"

#include <cmath>
#include <vector>

#include "base/error.h"
#include "nn/torch.h"

namespace foresight {

void fill_coloured_noise(std::span<float> sequence, double exponent, Rng& rng) {
  FS_CHECK(sequence.size() >= 2 && exponent >= 0.0, "{} numbers of exponent {}", sequence.size(),
           exponent);
  const torch::NoGradGuard no_grad;
  const auto length = static_cast<std::int64_t>(sequence.size());
  const std::int64_t num_frequencies = length / 2 + 1;
  std::vector<float> draws(static_cast<std::size_t>(2 * num_frequencies));
  rng.fill_normal(draws);
  std::vector<c10::complex<float>> spectrum(static_cast<std::size_t>(num_frequencies));
  double variance = 0.0;
  for (std::int64_t i = 0; i < num_frequencies; ++i) {
    const auto k = static_cast<std::size_t>(i);
    // The mean gets the power of the lowest frequency: the sum of 1 / f has no limit at 0.
    const double frequency = static_cast<double>(std::max<std::int64_t>(i, 1));
    const double amplitude = std::pow(frequency, -0.5 * exponent);
    // The mean and, for an even length, the highest frequency are real: all power in one draw.
    const bool is_real = i == 0 || 2 * i == length;
    const double share = is_real ? std::sqrt(2.0) * amplitude : amplitude;
    spectrum[k] = {static_cast<float>(share * draws[2 * k]),
                   is_real ? 0.0f : static_cast<float>(share * draws[2 * k + 1])};
    variance += (is_real ? 2.0 : 4.0) * amplitude * amplitude;
  }
  const torch::Tensor coefficients =
      torch::from_blob(spectrum.data(), {num_frequencies}, torch::kComplexFloat);
  const torch::Tensor noise = torch::fft::irfft(coefficients, length);  // sum / length
  const auto scale = static_cast<float>(static_cast<double>(length) / std::sqrt(variance));
  const float* values = noise.const_data_ptr<float>();
  for (std::size_t i = 0; i < sequence.size(); ++i) sequence[i] = scale * values[i];
}

}  // namespace foresight

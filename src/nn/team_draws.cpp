#include "nn/team_draws.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "nn/compute_team.h"
#include "nn/torch.h"

namespace foresight {
namespace {

// A uniform number of 1 stands for all down to the next one: its logarithm, at half of that step.
constexpr float kHalfStep = 0x1.0p-25f;

// Uniform numbers of (0, 1] through `transform`. A part stays in the first-level cache meanwhile.
template <typename Transform>
Tensor draw(at::IntArrayRef shape, Rng& rng, Transform transform) {
  constexpr std::size_t kPart = 1 << 12;
  Tensor result = torch::empty(shape, torch::kFloat32);
  const std::span<float> values{result.data_ptr<float>(), static_cast<std::size_t>(result.numel())};
  const auto num_parts = static_cast<std::int64_t>((values.size() + kPart - 1) / kPart);
  compute_team().run(num_parts, [&](std::int64_t index, int) {
    const std::size_t first = static_cast<std::size_t>(index) * kPart;
    const auto part = values.subspan(first, std::min(kPart, values.size() - first));
    Rng own(rng.state());
    own.skip(first);
    own.fill_uniform(part);
    for (float& value : part) value = transform(value);
  });
  rng.skip(values.size());
  return result;
}

}  // namespace

Tensor draw_dropout_mask(at::IntArrayRef shape, double dropout, Rng& rng) {
  const auto keep = static_cast<float>(1.0 - dropout);
  return draw(shape, rng, [keep](float u) { return u <= keep ? 1.0f / keep : 0.0f; });
}

Tensor draw_gumbel(at::IntArrayRef shape, Rng& rng) {
  return draw(shape, rng, [](float u) { return -std::log(std::max(-std::log(u), kHalfStep)); });
}

}  // namespace foresight

#include "nn/parameters.h"

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace foresight {
namespace {

constexpr float kWeightStd = 0.02f;

void fill(Tensor& target, Init init, std::int64_t fan_in, Rng& rng) {
  std::vector<float> numbers(static_cast<std::size_t>(target.numel()));
  if (init == Init::kZero || init == Init::kOne) {
    std::fill(numbers.begin(), numbers.end(), init == Init::kOne ? 1.0f : 0.0f);
  } else if (init == Init::kNormal) {
    rng.fill_normal(numbers);
    for (float& number : numbers) number = std::clamp(kWeightStd * number, -2.0f, 2.0f);
  } else {
    const float gain = init == Init::kGlorotUniform ? 6.0f : 1.0f;
    const float bound = std::sqrt(gain / static_cast<float>(fan_in));
    rng.fill_uniform(numbers);
    for (float& number : numbers) number = bound * (2.0f * number - 1.0f);
  }
  target.copy_(torch::from_blob(numbers.data(), target.sizes(), torch::kFloat32));
}

}  // namespace

std::size_t ParameterSet::declare(std::string name, std::vector<std::int64_t> shape, Init init,
                                  std::int64_t fan_in) {
  FS_CHECK(!flat_.defined(), "parameters are declared before build()");
  const auto count =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<std::int64_t>());
  entries_.push_back({std::move(name), std::move(shape), init, fan_in, size_, {}});
  size_ += count;
  return entries_.size() - 1;
}

void ParameterSet::build(const torch::Device& device, bool trainable, Rng& rng) {
  const torch::NoGradGuard no_grad;
  const auto options = torch::TensorOptions().device(device).dtype(torch::kFloat32);
  flat_ = torch::zeros({size_}, options);
  if (trainable) gradient_ = torch::zeros({size_}, options);
  for (Entry& entry : entries_) {
    const auto count = std::accumulate(entry.shape.begin(), entry.shape.end(), std::int64_t{1},
                                       std::multiplies<std::int64_t>());
    Tensor view = flat_.narrow(0, entry.offset, count).view(entry.shape);
    fill(view, entry.init, entry.fan_in, rng);
    entry.value = view.detach();
    if (trainable) {
      entry.value.requires_grad_();
      entry.value.mutable_grad() = gradient_.narrow(0, entry.offset, count).view(entry.shape);
    }
  }
}

float* ParameterSet::data_of(std::size_t index) const {
  return flat_.mutable_data_ptr<float>() + entries_[index].offset;
}

float* ParameterSet::gradient_of(std::size_t index) const {
  return gradient_.mutable_data_ptr<float>() + entries_[index].offset;
}

std::pair<std::int64_t, std::int64_t> ParameterSet::range_of(const std::string& prefix) const {
  std::int64_t first = -1;
  std::int64_t length = 0;
  for (const Entry& entry : entries_) {
    if (!entry.name.starts_with(prefix)) continue;
    if (first < 0) first = entry.offset;
    FS_CHECK(entry.offset == first + length, "\"{}\" is not one run of parameters", prefix);
    length += entry.value.numel();
  }
  FS_CHECK(first >= 0, "no parameter begins with \"{}\"", prefix);
  return {first, length};
}

void ParameterSet::fill_like_torch(Rng& rng) {
  const torch::NoGradGuard no_grad;
  for (Entry& entry : entries_) {
    const bool is_norm = entry.name.find(".norm.") != std::string::npos;
    if (!is_norm) fill(entry.value, Init::kTorchUniform, entry.fan_in, rng);
  }
}

}  // namespace foresight

#include "planner/stratified_elites.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace foresight {
namespace {

constexpr double kMinStd = 1e-6;

// The size of group k when `count` are shared out among `num_groups`.
std::int64_t share_of(std::int64_t k, std::int64_t count, std::int64_t num_groups) {
  return count / num_groups + (k < count % num_groups ? 1 : 0);
}

// value [B, N] standardised among the samples where member [B, N] is true; elsewhere meaningless.
Tensor standardise(const Tensor& value, const Tensor& member) {
  const Tensor weight = member.to(value.scalar_type());
  const Tensor count = weight.sum(1, /*keepdim=*/true);  // [B, 1]
  const Tensor mean = (value * weight).sum(1, /*keepdim=*/true) / count;
  const Tensor deviation = value - mean;
  const Tensor variance =
      (deviation.square() * weight).sum(1, /*keepdim=*/true) / (count - 1.0).clamp_min(1.0);
  return deviation / variance.sqrt().clamp_min(kMinStd);
}

}  // namespace

Tensor assign_opponents(std::int64_t num_envs, std::int64_t count, std::int64_t num_opponents,
                        Rng& rng) {
  Tensor ids = at::empty({num_envs, count}, at::kLong);
  for (std::int64_t env = 0; env < num_envs; ++env) {
    std::int64_t* row = ids.data_ptr<std::int64_t>() + env * count;
    std::int64_t* next = row;
    for (std::int64_t k = 0; k < num_opponents; ++k) {
      next = std::fill_n(next, share_of(k, count, num_opponents), k);
    }
    for (std::int64_t i = count - 1; i > 0; --i) {
      std::swap(row[i], row[rng.below(static_cast<std::uint64_t>(i) + 1)]);
    }
  }
  return ids;
}

StratifiedElites stratified_elites(const Tensor& value, const Tensor& ids,
                                   std::int64_t num_opponents, std::int64_t num_elites) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  StratifiedElites elites;
  elites.standardised = at::zeros_like(value);
  std::vector<Tensor> scores, indices;
  for (std::int64_t k = 0; k < num_opponents; ++k) {
    const Tensor member = ids == k;
    const Tensor group = standardise(value, member);
    elites.standardised = at::where(member, group, elites.standardised);
    const std::int64_t count = share_of(k, num_elites, num_opponents);
    if (count == 0) continue;
    auto [score, index] = group.masked_fill(member.logical_not(), kLowest).topk(count, 1);
    scores.push_back(std::move(score));
    indices.push_back(std::move(index));
  }
  elites.score = at::cat(scores, 1);
  elites.index = at::cat(indices, 1);
  return elites;
}

}  // namespace foresight

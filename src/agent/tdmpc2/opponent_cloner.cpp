#include "agent/tdmpc2/opponent_cloner.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "nn/rank_tensors.h"

namespace foresight {
namespace {

constexpr double kAdamEpsilon = 1e-5;

}  // namespace

OpponentCloner::OpponentCloner(WorldModel& model, const OpponentCloningConfig& config)
    : model_(model), config_(config) {
  for (std::int64_t k = 0; k < model.opponents().size(); ++k) {
    const ParameterSet& parameters = model.opponents().parameters(k);
    optimisers_.emplace_back(parameters.flat(),
                             std::vector<AdamPart>{{0, parameters.size(), config.learning_rate}},
                             AdamConfig{.epsilon = kAdamEpsilon});
  }
}

Tensor OpponentCloner::clone(std::int64_t k, const Tensor& observation, const Tensor& action,
                             const Tensor& orders) {
  FS_CHECK(orders.size(1) == observation.size(0), "an order of {} for {} pairs", orders.size(1),
           observation.size(0));
  if (ranks_ != nullptr) return clone_together(k, observation, action, orders);
  Tensor latents;  // [n, Z]
  {
    const torch::NoGradGuard no_grad;
    latents = model_.encode(observation);
  }
  const ParameterSet& parameters = model_.opponents().parameters(k);
  const std::int64_t count = std::min(config_.batch_size, observation.size(0));
  Tensor sum = torch::zeros({}, latents.options());
  for (const Tensor& order : orders.unbind(0)) {
    const Tensor rows = order.narrow(0, 0, count);
    const Tensor played = model_.opponents().mean_action(k, latents.index_select(0, rows));
    const Tensor loss = (played - action.index_select(0, rows)).square().mean();
    parameters.flat_gradient().zero_();
    loss.backward();
    // The log-std head has no gradient, and without a first one Adam leaves it where it is.
    optimisers_[static_cast<std::size_t>(k)].step(parameters.flat_gradient());
    sum += loss.detach();
  }
  return sum / orders.size(0);
}

Tensor OpponentCloner::clone_together(std::int64_t k, const Tensor& observation,
                                      const Tensor& action, const Tensor& orders) {
  const ParameterSet& parameters = model_.opponents().parameters(k);
  const std::int64_t count = std::min(config_.batch_size, observation.size(0));
  std::int64_t total = 0;  // rows of a minibatch, on all ranks
  for (const std::int64_t rows : gather_values(*ranks_, count)) total += rows;
  Tensor latents;  // [n, Z]
  if (count > 0) {
    const torch::NoGradGuard no_grad;
    latents = model_.encode(observation);
  }
  Tensor sum = torch::zeros({}, action.options());
  for (const Tensor& order : orders.unbind(0)) {
    parameters.flat_gradient().zero_();
    if (count > 0) {
      const Tensor rows = order.narrow(0, 0, count);
      const Tensor played = model_.opponents().mean_action(k, latents.index_select(0, rows));
      const Tensor error = (played - action.index_select(0, rows)).square();
      const Tensor loss = error.sum() / static_cast<double>(total * action.size(1));
      loss.backward();
      sum += loss.detach();
    }
    sum_over(*ranks_, parameters.flat_gradient());
    optimisers_[static_cast<std::size_t>(k)].step(parameters.flat_gradient());
  }
  // Of the whole minibatch, where the ranks' numbers are averaged.
  return sum * static_cast<double>(ranks_->size()) / orders.size(0);
}

Tensor OpponentCloner::draw_orders(std::int64_t n, Rng& rng) const {
  Tensor orders = torch::empty({config_.steps, n}, torch::kLong);
  for (std::int64_t s = 0; s < config_.steps; ++s) {
    std::int64_t* order = orders.data_ptr<std::int64_t>() + s * n;
    std::iota(order, order + n, std::int64_t{0});
    for (std::int64_t i = n - 1; i > 0; --i) {
      std::swap(order[i], order[rng.below(static_cast<std::uint64_t>(i) + 1)]);
    }
  }
  return orders.to(model_.device());
}

}  // namespace foresight

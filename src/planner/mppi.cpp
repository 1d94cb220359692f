#include "planner/mppi.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "base/profile.h"
#include "planner/stratified_elites.h"

namespace foresight {
namespace {

constexpr double kWeightEpsilon = 1e-9;

Tensor normal(at::IntArrayRef shape, Rng& rng) {
  Tensor values = at::empty(shape, at::kFloat);
  rng.fill_normal({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  return values;
}

// Two different members, as the first two of a random permutation.
Tensor draw_pair(std::int64_t num_members, Rng& rng) {
  Tensor pair = at::empty({2}, at::kLong);
  const auto count = static_cast<std::uint64_t>(num_members);
  const auto first = static_cast<std::int64_t>(rng.below(count));
  auto second = static_cast<std::int64_t>(rng.below(count - 1));
  if (second >= first) ++second;
  pair.data_ptr<std::int64_t>()[0] = first;
  pair.data_ptr<std::int64_t>()[1] = second;
  return pair;
}

Tensor draw_dropout_mask(at::IntArrayRef shape, double dropout, Rng& rng) {
  Tensor mask = at::empty(shape, at::kFloat);
  const std::span<float> values{mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel())};
  rng.fill_uniform(values);
  const auto keep = static_cast<float>(1.0 - dropout);
  for (float& value : values) value = value <= keep ? 1.0f / keep : 0.0f;
  return mask;
}

// actions [H, B, N, A], index [B, E] -> [H, B, E, A].
Tensor pick_sequences(const Tensor& actions, const Tensor& index) {
  const auto expanded =
      index.unsqueeze(0).unsqueeze(-1).expand({actions.size(0), -1, -1, actions.size(3)});
  return actions.gather(2, expanded);
}

}  // namespace

Tensor MppiPlanner::shifted(const Tensor& previous_mean, const Tensor& is_first) {
  Tensor mean = at::zeros_like(previous_mean);  // [H, B, A]
  const std::int64_t horizon = previous_mean.size(0);
  if (horizon > 1) mean.narrow(0, 0, horizon - 1).copy_(previous_mean.narrow(0, 1, horizon - 1));
  return mean.masked_fill_(is_first.to(at::kBool).view({1, -1, 1}), 0.0);
}

Tensor MppiPlanner::choose_elites(const MppiDraws& draws, MppiIteration& it) const {
  if (draws.num_opponents == 0) {
    std::tie(it.elite_value, it.elite_index) = it.value.topk(config_.num_elites, 1);
    return it.elite_value;
  }
  const StratifiedElites elites =
      stratified_elites(it.value, draws.opponents.samples, draws.num_opponents, config_.num_elites);
  it.standardised = elites.standardised;
  it.elite_index = elites.index;
  it.elite_value = it.value.gather(1, elites.index);
  return elites.score;
}

bool MppiPlanner::iterate(LatentModel& model, const Tensor& proposals, const MppiDraws& draws,
                          std::int64_t index, MppiPlan& plan, MppiIteration& it) const {
  const Tensor mask = model.action_mask();  // [A] or undefined
  Tensor sampled = (plan.mean.unsqueeze(2) + plan.std.unsqueeze(2) * draws.noise[index])
                       .clamp_(-1, 1);  // [H, B, M, A]
  if (mask.defined()) sampled = sampled * mask;
  it.actions = at::cat({proposals, sampled}, 2);  // [H, B, N, A]

  const Tensor raw_value = [&] {
    const ProfileScope scope("plan/score");
    return model.score(sampled, draws.score[static_cast<std::size_t>(index)]);
  }();
  if (!raw_value.defined()) return false;
  plan.num_not_finite = plan.num_not_finite + raw_value.isfinite().logical_not().sum();
  it.value = raw_value.nan_to_num(0.0);                              // [B, N]
  const Tensor fitness = choose_elites(draws, it);                   // [B, E]
  const Tensor elites = pick_sequences(it.actions, it.elite_index);  // [H, B, E, A]

  const Tensor best = std::get<0>(fitness.max(1, /*keepdim=*/true));
  const Tensor score = (config_.inverse_temperature * (fitness - best)).exp();
  const Tensor total = score.sum(1, /*keepdim=*/true);
  it.elite_weight = score / (config_.normalise_with_epsilon ? total + kWeightEpsilon : total);
  const Tensor weight = it.elite_weight.unsqueeze(0).unsqueeze(-1);  // [1, B, E, 1]
  const Tensor weight_sum = weight.sum(2) + kWeightEpsilon;          // [1, B, 1]
  it.mean = (weight * elites).sum(2) / weight_sum;                   // [H, B, A]
  const Tensor deviation = elites - it.mean.unsqueeze(2);
  it.std = ((weight * deviation.square()).sum(2) / weight_sum)
               .sqrt()
               .clamp(config_.min_std, config_.max_std);
  if (mask.defined()) {
    it.mean = it.mean * mask;
    it.std = it.std * mask;  // below min_std: padding is not explored
  }
  plan.mean = it.mean;
  plan.std = it.std;
  ++plan.num_iterations;
  return true;
}

PlanClock::time_point MppiPlanner::deadline_from(PlanClock::time_point begin) const {
  if (config_.deadline_ms <= 0.0) return PlanClock::time_point::max();
  return begin + std::chrono::duration_cast<PlanClock::duration>(
                     std::chrono::duration<double, std::milli>(config_.deadline_ms));
}

// Gumbel-max: argmax(log p + Gumbel noise) draws an elite with probability p.
void MppiPlanner::choose_action(const MppiIteration& last, const MppiDraws& draws,
                                MppiPlan& plan) const {
  plan.elite_value = last.elite_value;
  plan.chosen = (last.elite_weight.log() - draws.exponential.log()).argmax(1);  // [B]
  plan.elites = pick_sequences(last.actions, last.elite_index);
  plan.action = pick_sequences(plan.elites.narrow(0, 0, 1), plan.chosen.unsqueeze(1))
                    .squeeze(2)
                    .squeeze(0);  // [B, A]
}

MppiPlan MppiPlanner::plan(LatentModel& model, const Tensor& z0, const Tensor& start_mean,
                           const MppiDraws& draws, std::vector<MppiIteration>* trace,
                           PlanClock::time_point begin) const {
  const at::NoGradGuard no_grad;
  FS_CHECK(start_mean.dim() == 3 && start_mean.size(0) == config_.horizon &&
               start_mean.size(1) == z0.size(0),
           "start mean {}x{} for horizon {} and {} environments", start_mean.size(0),
           start_mean.size(1), config_.horizon, z0.size(0));
  const PlanClock::time_point deadline = deadline_from(begin);
  model.set_opponents(draws.opponents);
  const Tensor proposals = [&] {
    const ProfileScope scope("plan/propose");
    Tensor actions = model.propose(z0, draws.policy_eps);  // [H, B, P, A]
    model.begin(z0, actions);
    return actions;
  }();

  MppiPlan plan{.mean = start_mean,
                .std = at::full_like(start_mean, config_.max_std),
                .num_not_finite = at::zeros({}, z0.options().dtype(at::kLong))};
  MppiIteration last;
  model.set_deadline(deadline);
  for (std::int64_t i = 0; i < config_.iterations && PlanClock::now() < deadline; ++i) {
    MppiIteration it;
    if (!iterate(model, proposals, draws, i, plan, it)) break;
    last = std::move(it);
    if (trace != nullptr) trace->push_back(last);
  }
  model.set_deadline(PlanClock::time_point::max());

  if (plan.num_iterations > 0) {
    choose_action(last, draws, plan);
  } else {
    plan.action = proposals.size(2) > 0 ? proposals[0].select(1, 0) : start_mean[0];
  }
  const bool explores = draws.final_noise.defined() && plan.num_iterations > 0;
  if (explores) plan.action = plan.action + plan.std[0] * draws.final_noise;
  if (explores || config_.always_clamp) plan.action = plan.action.clamp(-1, 1);
  return plan;
}

MppiDraws draw_mppi(const MppiConfig& config, const MppiDrawShape& shape, Rng& rng) {
  const std::int64_t num_sampled = config.num_samples - config.num_policy_samples;
  MppiDraws draws;
  draws.policy_eps =
      normal({config.horizon, shape.num_envs, config.num_policy_samples, shape.action_dim}, rng);
  draws.noise = normal(
      {config.iterations, config.horizon, shape.num_envs, num_sampled, shape.action_dim}, rng);
  for (std::int64_t i = 0; i < config.iterations; ++i) {
    ScoreDraws score;
    if (shape.sample_terminal_action) {
      score.policy_eps = normal({shape.num_envs, config.num_samples, shape.action_dim}, rng);
    }
    score.q_pair = draw_pair(shape.num_q, rng);
    if (shape.dropout > 0) {
      score.dropout_mask = draw_dropout_mask(
          {2, shape.num_envs * config.num_samples, shape.dropout_dim}, shape.dropout, rng);
    }
    draws.score.push_back(std::move(score));
  }
  draws.exponential = at::empty({shape.num_envs, config.num_elites}, at::kFloat);
  rng.fill_exponential(
      {draws.exponential.data_ptr<float>(), static_cast<std::size_t>(draws.exponential.numel())});
  if (shape.explore) draws.final_noise = normal({shape.num_envs, shape.action_dim}, rng);
  draws.num_opponents = shape.num_opponents;
  if (shape.num_opponents > 0) {
    const auto assigned = [&](std::int64_t count) {
      return assign_opponents(shape.num_envs, count, shape.num_opponents, rng);
    };
    draws.opponents.proposals = assigned(config.num_policy_samples);
    draws.opponents.samples = assigned(config.num_samples);
  }
  return draws;
}

MppiDraws to_device(MppiDraws draws, const at::Device& device) {
  draws.for_each_tensor([&](Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.to(device);
  });
  return draws;
}

}  // namespace foresight

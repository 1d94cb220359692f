#include "kernels/rollout/packed_rollout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <limits>

#include "base/error.h"
#include "kernels/random_floats.h"
#include "kernels/rollout/rollout_reference.h"

namespace foresight {
namespace {

using Termination = RolloutOptions::Termination;
using TerminationInput = RolloutOptions::TerminationInput;
using LastAction = RolloutOptions::LastAction;
using LogStd = RolloutOptions::LogStd;

// Networks with generic random weights and their memory.
class Networks {
 public:
  Networks(const RolloutOptions& o, std::int64_t hidden, std::int64_t observation_dim) {
    const std::int64_t za = o.latent_dim + o.action_dim;
    view.encoder = {normed(observation_dim, hidden), linear(hidden, o.latent_dim)};
    view.encoder.back().activation = Activation::kSimNorm;
    view.dynamics = {normed(za, hidden), normed(hidden, hidden + 1),
                     normed(hidden + 1, o.latent_dim, Activation::kSimNorm)};
    view.reward = {normed(za, hidden + 3), normed(hidden + 3, hidden), linear(hidden, o.num_bins)};
    const bool reads_action = o.termination_input == TerminationInput::kLatentAndAction;
    if (o.termination != Termination::kNone) {
      view.termination = {relu(reads_action ? za : o.latent_dim, 9), relu(9, 5), linear(5, 1)};
    }
    view.policy_trunk = {normed(o.latent_dim, hidden), normed(hidden, hidden)};
    view.policy_mean = linear(hidden, o.action_dim);
    view.policy_log_std = linear(hidden, o.action_dim);
    for (int i = 0; i < 3; ++i) {
      view.q.push_back({normed(za, hidden), normed(hidden, hidden), linear(hidden, o.num_bins)});
    }
  }

  RolloutNetworks view;

 private:
  const float* numbers(std::int64_t size, float scale, float shift = 0.0f) {
    memory_.push_back(normal_floats(size, 1000 + memory_.size(), scale));
    for (float& v : memory_.back()) v += shift;
    return memory_.back().data();
  }
  LayerView linear(std::int64_t in, std::int64_t out) {
    const float scale = 1.5f / std::sqrt(static_cast<float>(in));
    return {.weight = numbers(in * out, scale),
            .bias = numbers(out, 0.3f),
            .num_inputs = in,
            .num_outputs = out};
  }
  LayerView normed(std::int64_t in, std::int64_t out, Activation activation = Activation::kMish) {
    LayerView layer = linear(in, out);
    layer.norm_weight = numbers(out, 0.3f, 1.0f);
    layer.norm_bias = numbers(out, 0.3f);
    layer.activation = activation;
    return layer;
  }
  LayerView relu(std::int64_t in, std::int64_t out) {
    LayerView layer = linear(in, out);
    layer.activation = Activation::kRelu;
    return layer;
  }

  std::deque<std::vector<float>> memory_;
};

struct Plan {
  std::int64_t num_envs, num_proposals, num_samples, horizon;
};

// Random inputs of one plan, and the same actions once more with the proposals in front.
struct Inputs {
  Inputs(const RolloutOptions& o, Plan p)
      : plan(p),
        z0(normal_floats(p.num_envs * o.latent_dim, 41, 0.3f)),
        proposals(normal_floats(p.horizon * p.num_envs * p.num_proposals * o.action_dim, 42, 0.5f)),
        actions(normal_floats(p.horizon * p.num_envs * p.num_samples * o.action_dim, 43, 0.5f)),
        eps(normal_floats(p.num_envs * (p.num_proposals + p.num_samples) * o.action_dim, 44)) {
    const std::int64_t a = o.action_dim;
    for (std::int64_t step = 0; step < p.horizon * p.num_envs; ++step) {
      const auto append = [&](const std::vector<float>& from, std::int64_t rows) {
        all.insert(all.end(), from.begin() + step * rows * a, from.begin() + (step + 1) * rows * a);
      };
      append(proposals, p.num_proposals);
      append(actions, p.num_samples);
    }
  }
  std::int64_t num_rows() const { return plan.num_envs * (plan.num_proposals + plan.num_samples); }

  Plan plan;
  std::vector<float> z0, proposals, actions, eps, all;
};

std::vector<float> packed_scores(PackedRollout& rollout, const Inputs& in, ScoreCall call = {}) {
  call.num_samples = in.plan.num_samples;
  call.actions = in.actions.data();
  call.policy_eps = in.eps.data();
  rollout.begin(in.plan.num_envs, in.plan.num_proposals, in.plan.horizon, in.z0.data(),
                in.proposals.data());
  std::vector<float> values(static_cast<std::size_t>(in.num_rows()));
  EXPECT_TRUE(rollout.score(call, values.data()));
  return values;
}

std::vector<double> reference_scores(const RolloutOptions& options, const Networks& networks,
                                     const Inputs& in, const ScoreCall& call = {}) {
  return reference_score(options, networks.view,
                         {.num_envs = in.plan.num_envs,
                          .num_samples = in.plan.num_proposals + in.plan.num_samples,
                          .horizon = in.plan.horizon,
                          .z0 = in.z0.data(),
                          .actions = in.all.data(),
                          .policy_eps = in.eps.data(),
                          .q_pair = {call.q_pair[0], call.q_pair[1]},
                          .dropout_mask = call.dropout_mask});
}

// A value adds up decoded heads that may cancel; symexp multiplies the error of the expected bin,
// some 1e-6, by the head's value, here up to 20.
void expect_near(const std::vector<float>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(values[i], expected[i], 4e-5 * std::max(1.0, std::abs(expected[i])))
        << "value " << i;
  }
}

RolloutOptions small_options() {
  return {.latent_dim = 16, .action_dim = 3, .num_bins = 21, .discount = 0.97f};
}

class PackedRolloutTest : public testing::TestWithParam<CpuLevel> {
 protected:
  void expect_scores_equal_reference(const RolloutOptions& options, Plan plan,
                                     std::int64_t hidden = 21) const {
    const Networks networks(options, hidden, 5);
    const Inputs inputs(options, plan);
    PackedRollout rollout(options, {2, GetParam()});
    rollout.pack(networks.view);
    ScoreCall call;
    call.q_pair[0] = 2;
    expect_near(packed_scores(rollout, inputs, call),
                reference_scores(options, networks, inputs, call));
  }
};

TEST_P(PackedRolloutTest, ScoresEqualThePlainLoops) {
  expect_scores_equal_reference(small_options(), {2, 5, 30, 3});
}

TEST_P(PackedRolloutTest, ScoresEqualThePlainLoopsForOddSizes) {
  RolloutOptions options = small_options();
  options.latent_dim = 8;
  options.action_dim = 1;
  options.num_bins = 2;
  expect_scores_equal_reference(options, {1, 0, 1, 1}, 1);
  options.latent_dim = 30;
  options.simnorm_dim = 6;
  options.action_dim = 17;
  options.num_bins = 101;
  expect_scores_equal_reference(options, {3, 1, 13, 2}, 33);
  expect_scores_equal_reference(options, {1, 13, 0, 2}, 33);
  options.vmin = -3.0f;
  options.vmax = 2.0f;
  expect_scores_equal_reference(options, {1, 24, 300, 2}, 48);
}

TEST_P(PackedRolloutTest, ScoresEqualThePlainLoopsWithEveryTermination) {
  for (const Termination termination : {Termination::kThreshold, Termination::kProbability}) {
    for (const TerminationInput input :
         {TerminationInput::kNextLatent, TerminationInput::kLatentAndAction}) {
      RolloutOptions options = small_options();
      options.termination = termination;
      options.termination_input = input;
      expect_scores_equal_reference(options, {2, 4, 20, 4});
    }
  }
}

TEST_P(PackedRolloutTest, ScoresEqualThePlainLoopsWithEveryPolicyForm) {
  for (const LastAction last_action : {LastAction::kSample, LastAction::kMean}) {
    for (const LogStd log_std : {LogStd::kTanh, LogStd::kClamp}) {
      RolloutOptions options = small_options();
      options.last_action = last_action;
      options.log_std = log_std;
      options.min_log_std = -1.0f;
      options.max_log_std = 0.3f;
      expect_scores_equal_reference(options, {1, 4, 20, 2});
    }
  }
}

TEST_P(PackedRolloutTest, DropoutMultipliesEachChosenQ) {
  RolloutOptions options = small_options();
  options.last_action = LastAction::kMean;
  const Networks networks(options, 21, 5);
  const Inputs inputs(options, {2, 3, 10, 2});
  std::vector<float> mask(static_cast<std::size_t>(2 * inputs.num_rows() * 21));
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 5 == 0 ? 0.0f : 1.25f;
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(networks.view);
  const ScoreCall call{.q_pair = {1, 2}, .dropout_mask = mask.data()};
  const auto masked = packed_scores(rollout, inputs, call);
  expect_near(masked, reference_scores(options, networks, inputs, call));
  EXPECT_NE(masked, packed_scores(rollout, inputs, {.q_pair = {1, 2}}));
}

TEST_P(PackedRolloutTest, ProposalsEqualThePlainLoops) {
  const RolloutOptions options = small_options();
  const Networks networks(options, 21, 5);
  const std::int64_t num_envs = 2, num_proposals = 7, horizon = 3;
  const auto z0 = normal_floats(num_envs * options.latent_dim, 51, 0.3f);
  const auto eps = normal_floats(horizon * num_envs * num_proposals * options.action_dim, 52);
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(networks.view);
  std::vector<float> actions(eps.size());
  rollout.propose(num_envs, num_proposals, horizon, z0.data(), eps.data(), actions.data());
  expect_near(actions, reference_propose(options, networks.view, num_envs, num_proposals, horizon,
                                         z0.data(), eps.data()));
}

TEST_P(PackedRolloutTest, EncodeAndActEqualThePlainLoops) {
  const RolloutOptions options = small_options();
  const Networks networks(options, 21, 5);
  const std::int64_t num_envs = 30;
  const auto observation = normal_floats(num_envs * 5, 53);
  const auto eps = normal_floats(num_envs * options.action_dim, 54);
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(networks.view);
  std::vector<float> z(static_cast<std::size_t>(num_envs * options.latent_dim));
  rollout.encode(num_envs, observation.data(), z.data());
  std::vector<double> expected_z, expected_sample, expected_mean;
  for (std::int64_t b = 0; b < num_envs; ++b) {
    const Row row(observation.begin() + b * 5, observation.begin() + (b + 1) * 5);
    const Row latent = reference_mlp(networks.view.encoder, row, options.simnorm_dim);
    expected_z.insert(expected_z.end(), latent.begin(), latent.end());
    const Row seen(z.begin() + b * options.latent_dim, z.begin() + (b + 1) * options.latent_dim);
    const Row sample =
        reference_policy(options, networks.view, seen, eps.data() + b * options.action_dim);
    expected_sample.insert(expected_sample.end(), sample.begin(), sample.end());
    const Row mean = reference_policy(options, networks.view, seen, nullptr);
    expected_mean.insert(expected_mean.end(), mean.begin(), mean.end());
  }
  expect_near(z, expected_z);
  std::vector<float> actions(eps.size());
  rollout.act(num_envs, z.data(), eps.data(), actions.data());
  expect_near(actions, expected_sample);
  rollout.act(num_envs, z.data(), nullptr, actions.data());
  expect_near(actions, expected_mean);
}

TEST_P(PackedRolloutTest, GivesTheSameBitsForAnyNumberOfThreadsAndAnyNeighbours) {
  const RolloutOptions options = small_options();
  const Networks networks(options, 40, 5);
  const Inputs inputs(options, {1, 6, 201, 3});
  std::vector<std::vector<float>> results;
  for (const int num_threads : {1, 2, 5}) {
    PackedRollout rollout(options, {num_threads, GetParam()});
    rollout.pack(networks.view);
    results.push_back(packed_scores(rollout, inputs));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);

  // The same sequences in another company: as proposals of a plan without samples.
  Inputs alone(options, {1, 207, 0, 3});
  alone.proposals = inputs.all;
  alone.eps = inputs.eps;
  PackedRollout rollout(options, {3, GetParam()});
  rollout.pack(networks.view);
  EXPECT_EQ(results[0], packed_scores(rollout, alone));
}

TEST_P(PackedRolloutTest, ManyEnvironmentsInOneCallEqualEachAlone) {
  const RolloutOptions options = small_options();
  const Networks networks(options, 21, 5);
  const Plan plan{3, 2, 17, 2};
  const Inputs together(options, plan);
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(networks.view);
  const auto values = packed_scores(rollout, together);
  const std::int64_t a = options.action_dim;
  for (std::int64_t env = 0; env < plan.num_envs; ++env) {
    Inputs alone(options, {1, plan.num_proposals, plan.num_samples, plan.horizon});
    const auto part = [&](const std::vector<float>& from, std::int64_t steps, std::int64_t size,
                          std::vector<float>& to) {
      to.clear();
      for (std::int64_t h = 0; h < steps; ++h) {
        const auto begin = from.begin() + (h * plan.num_envs + env) * size;
        to.insert(to.end(), begin, begin + size);
      }
    };
    part(together.z0, 1, options.latent_dim, alone.z0);
    part(together.proposals, plan.horizon, plan.num_proposals * a, alone.proposals);
    part(together.actions, plan.horizon, plan.num_samples * a, alone.actions);
    part(together.eps, 1, 19 * a, alone.eps);
    const auto wanted = packed_scores(rollout, alone);
    const std::vector<float> own(values.begin() + env * 19, values.begin() + (env + 1) * 19);
    EXPECT_EQ(own, wanted);
  }
}

TEST_P(PackedRolloutTest, PackingAgainReplacesTheWeights) {
  const RolloutOptions options = small_options();
  const Networks old_networks(options, 30, 5);
  const Networks networks(options, 21, 5);
  const Inputs inputs(options, {1, 3, 20, 2});
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(old_networks.view);
  const auto old_values = packed_scores(rollout, inputs);
  rollout.pack(networks.view);
  const auto values = packed_scores(rollout, inputs);
  EXPECT_NE(values, old_values);
  expect_near(values, reference_scores(options, networks, inputs));
}

TEST_P(PackedRolloutTest, NanIsPassedOnInItsRowOnly) {
  const RolloutOptions options = small_options();
  const Networks networks(options, 21, 5);
  Inputs inputs(options, {1, 2, 20, 2});
  inputs.actions[7 * 3 + 1] = std::numeric_limits<float>::quiet_NaN();
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(networks.view);
  const auto values = packed_scores(rollout, inputs);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::isnan(values[i]), i == 2 + 7) << "value " << i;
  }
}

TEST_P(PackedRolloutTest, SaysWhenTheDeadlineHasPassed) {
  const RolloutOptions options = small_options();
  const Networks networks(options, 21, 5);
  const Inputs inputs(options, {1, 0, 20, 2});
  PackedRollout rollout(options, {2, GetParam()});
  rollout.pack(networks.view);
  rollout.begin(1, 0, 2, inputs.z0.data(), nullptr);
  std::vector<float> values(20);
  ScoreCall call{
      .num_samples = 20, .actions = inputs.actions.data(), .policy_eps = inputs.eps.data()};
  call.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  EXPECT_FALSE(rollout.score(call, values.data()));
  call.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
  EXPECT_TRUE(rollout.score(call, values.data()));
}

TEST_P(PackedRolloutTest, RefusesShapesThatDoNotFitAndCallsOutOfOrder) {
  const RolloutOptions options = small_options();
  Networks networks(options, 20, 5);
  PackedRollout rollout(options, {1, GetParam()});
  float value = 0.0f;
  EXPECT_THROW(rollout.act(1, &value, nullptr, &value), ContractViolation);
  EXPECT_THROW(rollout.score({}, &value), ContractViolation);
  networks.view.reward.pop_back();
  EXPECT_THROW(rollout.pack(networks.view), ContractViolation);
}

INSTANTIATE_TEST_SUITE_P(AllLevels, PackedRolloutTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight

// Single networks and formulas.
#include <fmt/format.h>

#include "agent/tdmpc2/learner.h"
#include "nn/adam.h"
#include "nn/running_scale.h"
#include "nn/squashed_gaussian.h"
#include "nn/two_hot.h"
#include "parity/tdmpc2/recording.h"
#include "parity/tdmpc2/scorers.h"

namespace foresight {
namespace {

constexpr double kForwardTolerance = 5e-6;
constexpr double kLogProbTolerance = 1e-4;  // ln(1 - a^2 + 1e-6) amplifies rounding near |a| = 1

using QSet = WorldModel::QSet;

// Mean or smaller of two decoded members.
torch::Tensor pair_value(const WorldModel& model, const torch::Tensor& z,
                         const torch::Tensor& action, QSet set, const torch::Tensor& pair,
                         bool is_min, const TaskContext& task) {
  const auto q = model.q_values(z, action, set, pair, {}, task);
  return is_min ? torch::minimum(q[0], q[1]) : (q[0] + q[1]) / 2;
}

void expect_values(const WorldModel& model, const RecordedFile& file, const torch::Tensor& z,
                   const torch::Tensor& action, const std::string& suffix,
                   const TaskContext& task = {}) {
  for (const auto& [prefix, set] :
       {std::pair{"Q", QSet::kOnline}, std::pair{"Qtarget", QSet::kTarget}}) {
    const std::string name(prefix);
    if (file.contains("out." + name + "_all" + suffix)) {
      expect_close(model.q_logits(z, action, set, {}, {}, task),
                   file.at("out." + name + "_all" + suffix), kForwardTolerance,
                   name + "_all" + suffix);
    }
    for (const char* kind : {"_min", "_avg"}) {
      const std::string key = name + kind + suffix;
      if (!file.contains("out." + key)) continue;
      expect_close(pair_value(model, z, action, set, file.at("in." + key + "_qidx"),
                              std::string(kind) == "_min", task),
                   file.at("out." + key), 2e-5, key);
    }
  }
}

void expect_policy(const WorldModel& model, const RecordedFile& file, const torch::Tensor& z,
                   const std::string& suffix, const TaskContext& task) {
  const auto sample = model.sample_policy(z, file.at("in.pi_eps" + suffix), task);
  const auto expect = [&](const torch::Tensor& actual, const std::string& name, double tolerance) {
    expect_close(actual, file.at("out.pi_" + name + suffix), tolerance, name + suffix);
  };
  expect(sample.action, "action", kForwardTolerance);
  expect(sample.mean, "mean", kForwardTolerance);
  expect(sample.log_std, "log_std", kForwardTolerance);
  expect(sample.log_prob, "log_prob", kLogProbTolerance);
  expect(sample.entropy, "entropy", kLogProbTolerance);
  expect(sample.scaled_entropy, "scaled_entropy", kForwardTolerance);
}

class OfficialForward : public testing::TestWithParam<const char*> {};

TEST_P(OfficialForward, GivesTheRecordedOutputs) {
  const Recording recording(GetParam());
  const RecordedFile file(recording, "forward");
  const WorldModel model = recorded_model(recording.config(), Variant::kOfficial,
                                          RecordedFile(recording, "model").parameters(""));
  const TaskContext task = recorded_tasks(model, file);
  for (const std::string suffix : {"", "3"}) {
    const auto z = model.encode(file.at("in.obs" + suffix), task);
    const auto action = file.at("in.action" + suffix);
    const auto next = model.next(z, action, {}, task);
    expect_close(z, file.at("out.encode" + suffix), kForwardTolerance, "encode" + suffix);
    expect_close(next, file.at("out.next" + suffix), kForwardTolerance, "next" + suffix);
    expect_close(model.reward_logits(z, action, task), file.at("out.reward" + suffix),
                 kForwardTolerance, "reward" + suffix);
    if (file.contains("out.termination" + suffix + "_logit")) {
      expect_close(model.termination_logit(z, action, z),
                   file.at("out.termination" + suffix + "_logit"), kForwardTolerance, "end logit");
    }
    expect_values(model, file, z, action, suffix, task);
    expect_policy(model, file, z, suffix, task);
  }
  const auto z = model.encode(file.at("in.obs"), task);
  expect_close(model.reward(z, file.at("in.action"), task), file.at("out.reward_scalar"), 2e-5,
               "reward");
  expect_close(simnorm(file.at("in.simnorm"), model.config().simnorm_dim), file.at("out.simnorm"),
               kForwardTolerance, "simnorm");
}

TEST_P(OfficialForward, SendsTheRecordedGradientThroughThePolicy) {
  const Recording recording(GetParam());
  const RecordedFile file(recording, "forward");
  const WorldModel model = recorded_model(recording.config(), Variant::kOfficial,
                                          RecordedFile(recording, "model").parameters(""));
  const TaskContext task = recorded_tasks(model, file);
  const auto z = model.encode(file.at("in.obs"), task).detach().requires_grad_();
  const auto sample = model.sample_policy(z, file.at("in.pi_grad_eps"), task);
  const auto sum =
      sample.action.sum() + 0.01 * sample.scaled_entropy.sum() + 0.01 * sample.entropy.sum();
  expect_close(torch::autograd::grad({sum}, {z})[0], file.at("out.pi_grad_z"), kLogProbTolerance,
               "gradient");
}

INSTANTIATE_TEST_SUITE_P(Recorded, OfficialForward,
                         testing::Values("official_single", "official_episodic", "official_multi"),
                         [](const auto& info) { return std::string(info.param); });

// Rows that were too long are shortened where they lie, the others left alone.
TEST(TaskEmbeddings, AreShortenedInPlaceAsRecorded) {
  const Recording recording("official_multi");
  const RecordedFile file(recording, "forward");
  const WorldModel model = recorded_model(recording.config(), Variant::kOfficial,
                                          RecordedFile(recording, "model").parameters(""));
  expect_close(model.task_table(), file.at("out.task_emb_weight_before"), 0.0, "before");
  model.look_up(file.at("in.task"));
  expect_close(model.task_table(), file.at("out.task_emb_weight_after"), 1e-6, "after");
}

TEST(HockeyForward, GivesTheRecordedOutputs) {
  const Recording recording("hockey");
  const RecordedFile file(recording, "forward");
  const WorldModel model = recorded_model(recording.config(), Variant::kHockey,
                                          RecordedFile(recording, "model").parameters(""));
  const auto z = model.encode(file.at("in.obs"));
  const auto action = file.at("in.action");
  expect_close(z, file.at("out.encode"), kForwardTolerance, "encode");
  expect_close(model.next(z, action), file.at("out.next"), kForwardTolerance, "next");
  expect_close(model.reward_logits(z, action), file.at("out.reward"), kForwardTolerance, "reward");
  expect_close(model.reward(z, action), file.at("out.reward_scalar"), 2e-5, "reward");
  expect_close(model.termination_logit(z, action, z), file.at("out.termination_logit"),
               kForwardTolerance, "end logit");
  expect_values(model, file, z, action, "");
  const auto output = model.policy(z);
  expect_close(output.mean, file.at("out.pi_mean_raw"), kForwardTolerance, "raw mean");
  expect_close(output.log_std, file.at("out.pi_log_std"), kForwardTolerance, "log std");
  expect_close(output.log_std.exp(), file.at("out.pi_std"), kForwardTolerance, "std");
  expect_close(model.mean_action(z), file.at("out.pi_mean_action"), kForwardTolerance, "mean");
  const auto sample = model.sample_policy(z, file.at("in.pi_eps"));
  expect_close(sample.action, file.at("out.pi_sample_action"), kForwardTolerance, "action");
  expect_close(sample.log_prob, file.at("out.pi_sample_log_prob"), kLogProbTolerance, "log prob");
  expect_close(sample.scaled_entropy, file.at("out.pi_sample_scaled_entropy"), kForwardTolerance,
               "scaled entropy");
  expect_close(simnorm(file.at("in.simnorm"), model.config().simnorm_dim),
               file.at("out.simnorm_T1"), kForwardTolerance, "simnorm");
}

// The scorers encode and act too.
TEST(ScorersForward, EncodeAsRecorded) {
  for (const auto& [folder, variant] :
       {std::pair{"official_single", Variant::kOfficial}, std::pair{"hockey", Variant::kHockey}}) {
    const Recording recording(folder);
    const RecordedFile file(recording, "forward");
    const WorldModel model = recorded_model(recording.config(), variant,
                                            RecordedFile(recording, "model").parameters(""));
    for (const ScorerKind kind : all_scorers()) {
      const auto scorer = make_scorer(kind, model, value_config(variant), recording.discount());
      const auto z = scorer->encode(file.at("in.obs"));
      expect_close(z, file.at("out.encode"), kForwardTolerance, name_of(kind));
      expect_close(scorer->act(z, file.at("in.pi_eps")),
                   file.at(variant == Variant::kHockey ? "out.pi_sample_action" : "out.pi_action"),
                   kForwardTolerance, name_of(kind));
    }
  }
}

TEST(OfficialMath, CodesScalarsAsRecorded) {
  const Recording recording("official_single");
  const RecordedFile file(recording, "math");
  const auto x = file.at("in.x");
  expect_close(symlog(x), file.at("out.symlog"), kForwardTolerance, "symlog");
  expect_close(symexp(file.at("in.xs")), file.at("out.symexp"), kForwardTolerance, "symexp");
  for (const std::int64_t bins : {0, 1, 21, 101}) {
    const std::string n = std::to_string(bins);
    const TwoHotConfig config{.num_bins = bins};
    // A position near a bin's edge is rounded differently: the inverse below is the strict test.
    expect_close(two_hot(x, config), file.at("out.two_hot_" + n), 2e-4, "two_hot " + n);
    if (file.contains("out.two_hot_inv_" + n)) {
      expect_close(two_hot_inverse(file.at("in.logits_" + n), config),
                   file.at("out.two_hot_inv_" + n), 2e-5, "two_hot_inverse " + n);
    }
    if (!file.contains("out.soft_ce_" + n)) continue;
    const auto logits = file.at("in.logits_" + n);
    const auto target = file.at("in.ce_target_" + n);
    expect_close(soft_cross_entropy(logits, target, config), file.at("out.soft_ce_" + n), 2e-5,
                 "soft_ce " + n);
    expect_close(soft_cross_entropy_plain(logits, target, config), file.at("out.soft_ce_" + n),
                 2e-5, "plain soft_ce " + n);
  }
}

TEST(OfficialMath, ShapesThePolicyAsRecorded) {
  const RecordedFile file(Recording("official_single"), "math");
  const auto log_std = bounded_log_std(file.at("in.raw_log_std"), {});
  expect_close(log_std, file.at("out.log_std"), kForwardTolerance, "log std");
  const auto sample = squashed_sample(file.at("in.mu"), log_std, file.at("in.eps"));
  expect_close(sample.mean, file.at("out.squash_mean"), kForwardTolerance, "mean");
  expect_close(sample.action, file.at("out.squash_action"), kForwardTolerance, "action");
  expect_close(sample.log_prob, file.at("out.squash_logprob"), kLogProbTolerance, "log prob");
}

TEST(OfficialMath, ScalesValuesAsRecorded) {
  const RecordedFile file(Recording("official_single"), "math");
  for (const int count : {1, 2, 8, 21, 256}) {
    const std::string n = std::to_string(count);
    const auto q = file.at("in.scale_q_" + n);
    const auto range = file.at("out.scale_percentiles_" + n).flatten();
    expect_close(percentile(q, 5.0), range[0], kForwardTolerance, "p5 of " + n);
    expect_close(percentile(q, 95.0), range[1], kForwardTolerance, "p95 of " + n);
    RunningScale scale(0.01, torch::tensor({1.3f}));
    scale.update(q);
    expect_close(scale.value(), file.at("out.scale_value_" + n), kForwardTolerance, "scale " + n);
    expect_close(q / scale.value(), file.at("out.scale_div_" + n), kForwardTolerance, "q / scale");
  }
}

TEST(OfficialMath, DrawsElitesByGumbelAsRecorded) {
  const RecordedFile file(Recording("official_single"), "math");
  const auto chosen =
      (file.at("in.gumbel_p").log() - file.at("in.gumbel_exponential").log()).argmax(1);
  EXPECT_TRUE(chosen.equal(file.at("out.gumbel_index")));
}

TEST(OfficialMath, CountsEndsAsRecorded) {
  const RecordedFile file(Recording("official_single"), "math");
  const auto statistics =
      termination_statistics(file.at("in.term_pred"), file.at("in.term_target"));
  expect_close(statistics.rate, file.at("out.term_rate"), 1e-6, "rate");
  expect_close(statistics.f1, file.at("out.term_f1"), 1e-6, "f1");
}

TEST(OfficialMath, GivesTheRecordedDiscounts) {
  const Recording recording("official_single");
  const auto table = recording.extra("math").at("discount_by_episode_length");
  ASSERT_GT(table.size(), 5u);
  for (const auto& [length, discount] : table.items()) {
    EXPECT_NEAR(discount_of(std::stoll(length), 5, 0.95, 0.995), discount.get<double>(), 1e-12)
        << length;
  }
}

TEST(OfficialAdam, StepsAsRecorded) {
  const Recording recording("official_single");
  const RecordedFile file(recording, "adam");
  const double rate = recording.config().at("lr");
  const double encoder_rate = rate * recording.config().at("enc_lr_scale").get<double>();
  const auto check = [&](const std::string& name, double learning_rate, double epsilon) {
    auto parameter = file.at("in." + name + "_p0").flatten().clone();
    Adam adam(parameter, {{0, parameter.numel(), learning_rate}}, {.epsilon = epsilon});
    for (int i = 0; i < 3; ++i) {
      adam.step(file.at(fmt::format("in.{}_g{}", name, i)).flatten());
      expect_close(parameter, file.at(fmt::format("out.{}_p{}", name, i + 1)).flatten(), 1e-6,
                   name);
    }
  };
  check("enc", encoder_rate, 1e-8);
  check("model", rate, 1e-8);
  check("pi", rate, 1e-5);
}

// Freshly made networks have the recorded statistics, tensor by tensor.
class Initialisation : public testing::TestWithParam<std::pair<const char*, Variant>> {};

TEST_P(Initialisation, HasTheRecordedStatistics) {
  const auto& [folder, variant] = GetParam();
  const Recording recording(folder);
  auto config = model_config(recording.config(), variant);
  if (variant == Variant::kHockey) config.target_init = "torch_default";
  const std::int64_t observation_dim =
      variant == Variant::kOfficial
          ? recording.config().at("obs_shape").at("state").at(0).get<std::int64_t>()
          : recording.config().at("obs_dim").get<std::int64_t>();
  const WorldModel model(config, observation_dim, recording.config().at("action_dim"), torch::kCPU,
                         /*seed=*/3);
  int compared = 0;
  model.for_each_tensor([&](const std::string& name, const torch::Tensor& tensor) {
    const auto expected = recorded_statistics(recording, name);
    if (!expected) return;
    ++compared;
    const double count = static_cast<double>(tensor.numel());
    const double std = tensor.numel() > 1 ? tensor.detach().std().item<double>() : 0.0;
    if (expected->std == 0.0) {
      EXPECT_EQ(tensor.detach().min().item<double>(), expected->mean) << name;
      EXPECT_EQ(tensor.detach().max().item<double>(), expected->mean) << name;
      return;
    }
    // Two samples of one distribution: five standard errors of their difference.
    const double error = expected->std * std::sqrt(2.0 / count);
    EXPECT_NEAR(tensor.detach().mean().item<double>(), expected->mean, 5 * error) << name;
    EXPECT_NEAR(std, expected->std, 5 * error) << name;
  });
  EXPECT_GT(compared, 30);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Initialisation,
                         testing::Values(std::pair{"official_single", Variant::kOfficial},
                                         std::pair{"hockey", Variant::kHockey}),
                         [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace foresight

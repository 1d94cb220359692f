// Whole updates: losses, raw gradients, parameters after one and two steps of both optimisers.
#include "agent/tdmpc2/learner.h"
#include "parity/tdmpc2/recording.h"

namespace foresight {
namespace {

constexpr double kForwardTolerance = 5e-6;
// Adam divides by sqrt(v) + eps: a gradient of rounding size may move a weight by up to the rate.
constexpr double kParameterTolerance = 5e-5;
// Gradients are compared against the largest of their tensor's neighbours in magnitude 1.
constexpr double kGradientTolerance = 5e-6;

// [B * H, ...] slice by slice -> [H, B, ...].
torch::Tensor time_major(const torch::Tensor& x, std::int64_t num_slices) {
  return x.unflatten(0, {num_slices, -1}).transpose(0, 1).contiguous();
}

LearnerBatch recorded_batch(const RecordedFile& file, Variant variant) {
  if (variant == Variant::kOfficial) {
    LearnerBatch batch{file.at("in.obs"),
                       file.at("in.action"),
                       file.at("in.reward"),
                       file.at("in.terminated"),
                       {}};
    if (file.contains("in.task")) batch.task = file.at("in.task");
    return batch;
  }
  const auto swapped = [&](const char* name) { return file.at(name).transpose(0, 1).contiguous(); };
  LearnerBatch batch{
      swapped("in.obs"), swapped("in.action"), swapped("in.reward"), swapped("in.done"), {}};
  if (file.contains("in.per_weights")) batch.weight = file.at("in.per_weights");
  return batch;
}

UpdateDraws official_draws(const RecordedFile& file) {
  UpdateDraws draws;
  draws.target_eps = file.at("in.td_pi_eps");
  draws.target_members = file.at("in.td_qidx");
  draws.policy_eps = file.at("in.pi_eps");
  draws.policy_members = file.at("in.pi_qidx");
  if (file.contains("in.shift")) {
    // Recorded in the order of the calls: the first observation is encoded last.
    const auto shift = file.at("in.shift");
    draws.image_shift = shift.flatten(2).roll({1}, {0});
  }
  if (file.contains("in.dropmask_Q")) {
    draws.q_dropout_mask = file.at("in.dropmask_Q").flatten(1, 2);
    draws.policy_dropout_mask =
        file.at("in.dropmask_pi").flatten(1, 2).index_select(0, draws.policy_members);
  }
  return draws;
}

UpdateDraws hockey_draws(const RecordedFile& file, std::int64_t num_slices) {
  UpdateDraws draws;
  draws.target_eps = time_major(file.at("in.td_pi_eps"), num_slices);
  draws.target_members = file.at("in.td_qidx");
  draws.policy_eps = file.at("in.pi_eps").unflatten(0, {-1, num_slices});
  if (file.contains("in.opponent_indices")) draws.opponents = file.at("in.opponent_indices");
  if (file.contains("in.dropmask_Q")) {
    draws.q_dropout_mask = file.at("in.dropmask_Q");
    draws.policy_dropout_mask = file.at("in.dropmask_pi");
    // Rows lie slice by slice in the recording and step by step here.
    draws.target_dropout_mask = file.at("in.dropmask_td")
                                    .unflatten(1, {num_slices, -1})
                                    .transpose(1, 2)
                                    .flatten(1, 2)
                                    .contiguous();
  }
  return draws;
}

struct Gradients {
  NamedTensors model, policy;
  GradientObserver observer() {
    return [this, is_policy = false](const ParameterSet& parameters) mutable {
      NamedTensors& target = is_policy ? policy : model;
      for (const auto& entry : parameters.entries())
        target[entry.name] = entry.value.grad().clone();
      is_policy = true;
    };
  }
};

void expect_same(const NamedTensors& actual, const NamedTensors& expected, double tolerance,
                 const std::string& what) {
  ASSERT_FALSE(expected.empty()) << what;
  for (const auto& [name, tensor] : expected) {
    const auto found = actual.find(name);
    ASSERT_NE(found, actual.end()) << what << " lacks " << name;
    expect_close(found->second, tensor, tolerance, what + " of " + name);
  }
}

NamedTensors parameters_of(const WorldModel& model) {
  NamedTensors result;
  model.for_each_tensor([&](const std::string& name, const torch::Tensor& tensor) {
    result[name] = tensor.detach();
  });
  return result;
}

void expect_official_results(const UpdateResult& result, const RecordedFile& file) {
  expect_close(result.latents, file.at("mid.zs"), kForwardTolerance, "latents");
  expect_close(result.targets, file.at("mid.td_targets"), kForwardTolerance, "targets");
  expect_close(result.q_logits, file.at("mid.qs_logits"), kForwardTolerance, "Q logits");
  expect_close(result.reward_logits, file.at("mid.reward_preds_logits"), kForwardTolerance,
               "reward logits");
  expect_close(result.policy_action, file.at("mid.pi_action"), kForwardTolerance, "policy action");
  // After one Adam step of the Qs, whose rounding-sized gradients may move weights.
  expect_close(result.policy_q, file.at("mid.pi_q_scaled"), kParameterTolerance, "scaled Q");
  expect_close(result.policy_loss, file.at("out.pi_loss"), kParameterTolerance, "policy loss");
  expect_close(result.policy_grad_norm, file.at("out.pi_grad_norm"), kParameterTolerance,
               "policy gradient norm");
  expect_close(result.model_grad_norm, file.at("out.grad_norm"), kForwardTolerance,
               "model gradient norm");
  expect_close(result.policy_entropy, file.at("out.pi_entropy"), 1e-4, "entropy");
  expect_close(result.policy_scaled_entropy, file.at("out.pi_scaled_entropy"), kForwardTolerance,
               "scaled entropy");
  if (file.contains("mid.termination_pred")) {
    expect_close(result.termination_logits, file.at("mid.termination_pred"), kForwardTolerance,
                 "end logits");
    expect_close(result.termination_rate, file.at("out.termination_rate"), 1e-6, "end rate");
    expect_close(result.termination_f1, file.at("out.termination_f1"), 1e-6, "end f1");
  }
}

// The L2 norm of each network's raw gradient.
void expect_gradient_norms(const Gradients& gradients, const RecordedFile& file) {
  for (const char* network : {"encoder", "dynamics", "reward", "termination", "q"}) {
    double square = 0.0;
    for (const auto& [name, gradient] : gradients.model) {
      if (name.starts_with(std::string(network) + ".")) {
        square += gradient.to(torch::kDouble).square().sum().item<double>();
      }
    }
    const std::string recorded = std::string(network) == "q" ? "q_ensemble" : network;
    expect_close(torch::tensor(std::sqrt(square)), file.at("out.grad_norm_" + recorded),
                 kForwardTolerance, recorded + " gradient norm");
  }
}

void expect_hockey_results(const UpdateResult& result, const RecordedFile& file) {
  expect_close(result.latents, file.at("mid.zs"), kForwardTolerance, "latents");
  expect_close(result.targets.transpose(0, 1).contiguous(), file.at("mid.td_targets"),
               kForwardTolerance, "targets");
  expect_close(result.slice_consistency, file.at("mid.consistency_loss_per_seq"), kForwardTolerance,
               "consistency a slice");
  expect_close(result.slice_reward, file.at("mid.reward_loss_per_seq"), kForwardTolerance,
               "reward loss a slice");
  expect_close(result.slice_value, file.at("mid.value_loss_per_seq"), kForwardTolerance,
               "value loss a slice");
  expect_close(result.slice_termination, file.at("mid.termination_loss_per_seq"), kForwardTolerance,
               "end loss a slice");
  expect_close(result.reward_logits.flatten(0, 1), file.at("mid.reward_preds"), kForwardTolerance,
               "reward logits");
  // Slice by slice in the recording, step by step here.
  expect_close(result.termination_logits.transpose(0, 1).flatten(0, 1),
               file.at("mid.termination_pred_logits"), kForwardTolerance, "end logits");
  expect_close(result.policy_action.flatten(0, 1), file.at("mid.policy_actions"), kForwardTolerance,
               "policy action");
  expect_close(result.policy_scaled_entropy, file.at("mid.policy_scaled_entropies").mean(),
               kForwardTolerance, "scaled entropy");
  expect_close(result.policy_q * result.value_scale, file.at("mid.policy_qs"), kParameterTolerance,
               "Q");
  expect_close(result.policy_q.flatten(), file.at("mid.policy_qs_scaled").flatten(),
               kParameterTolerance, "scaled Q");
  expect_close(result.policy_loss, file.at("out.policy_loss"), kParameterTolerance, "policy loss");
  expect_close(result.policy_grad_norm, file.at("out.grad_norm_policy"), kParameterTolerance,
               "policy gradient norm");
  if (file.contains("out.new_priorities")) {
    expect_close(result.priorities, file.at("out.new_priorities"), kForwardTolerance, "priorities");
  }
}

struct UpdateCase {
  const char* folder;
  Variant variant;
  const char* model_file;
  std::vector<const char*> updates;  // in order, each continues the one before
};

void PrintTo(const UpdateCase& c, std::ostream* os) { *os << c.folder << "/" << c.updates.back(); }

class Update : public testing::TestWithParam<UpdateCase> {};

TEST_P(Update, GivesTheRecordedLossesGradientsAndParameters) {
  const auto& [folder, variant, model_file, updates] = GetParam();
  const Recording recording(folder);
  nlohmann::json config = recording.config();
  // The second model has its own sizes, one update its own dropout and clip.
  if (std::string(model_file) == "model_bins101") config.update(recording.overrides("bins101"));
  config.update(recording.overrides(updates.back()));
  WorldModel model =
      recorded_model(config, variant, RecordedFile(recording, model_file).parameters(""));
  Tdmpc2Learner learner(model, learner_config(config, variant), recording.discount(),
                        recording.task_discounts());
  for (const char* name : updates) {
    SCOPED_TRACE(name);
    const RecordedFile file(recording, name);
    const LearnerBatch batch = recorded_batch(file, variant);
    const UpdateDraws draws = variant == Variant::kOfficial
                                  ? official_draws(file)
                                  : hockey_draws(file, batch.action.size(1));
    learner.scale().set(file.at("in.scale_before"));
    Gradients gradients;
    const UpdateResult result = learner.update(batch, draws, gradients.observer());

    expect_close(result.consistency_loss, file.at("out.consistency_loss"), kForwardTolerance,
                 "consistency loss");
    expect_close(result.reward_loss, file.at("out.reward_loss"), kForwardTolerance, "reward loss");
    expect_close(result.value_loss, file.at("out.value_loss"), kForwardTolerance, "value loss");
    if (file.contains("out.termination_loss")) {
      expect_close(result.termination_loss, file.at("out.termination_loss"), kForwardTolerance,
                   "end loss");
    }
    expect_close(result.total_loss, file.at("out.total_loss"), kForwardTolerance, "total loss");
    if (variant == Variant::kOfficial) {
      expect_official_results(result, file);
    } else {
      expect_hockey_results(result, file);
      expect_gradient_norms(gradients, file);
    }
    expect_close(learner.scale().value(), file.at("out.scale_after"), kParameterTolerance, "scale");
    expect_same(gradients.model, file.parameters("grad_model."), kGradientTolerance, "gradient");
    expect_same(gradients.policy, file.parameters("grad_pi."), kParameterTolerance, "gradient");
    expect_same(parameters_of(model), file.parameters("after."), kParameterTolerance, "parameter");
    if (file.contains("residual_grad._task_emb.weight")) {
      expect_close(learner.task_gradient(), file.at("residual_grad._task_emb.weight").flatten(),
                   kParameterTolerance, "gradient left on the task embeddings");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recorded, Update,
    testing::Values(
        UpdateCase{"official_single", Variant::kOfficial, "model", {"update1"}},
        UpdateCase{"official_single", Variant::kOfficial, "model", {"update1", "update2"}},
        UpdateCase{"official_single", Variant::kOfficial, "model", {"update_dropout_clip"}},
        UpdateCase{"official_single", Variant::kOfficial, "model_bins101", {"update_bins101"}},
        UpdateCase{"official_pixels", Variant::kOfficial, "model", {"update1"}},
        UpdateCase{"official_episodic", Variant::kOfficial, "model", {"update1"}},
        UpdateCase{"official_episodic", Variant::kOfficial, "model", {"update1", "update2"}},
        UpdateCase{"official_multi", Variant::kOfficial, "model", {"update1"}},
        UpdateCase{"official_multi", Variant::kOfficial, "model", {"update1", "update2"}},
        UpdateCase{"hockey", Variant::kHockey, "model", {"update1"}},
        UpdateCase{"hockey", Variant::kHockey, "model", {"update1", "update2"}},
        UpdateCase{"hockey", Variant::kHockey, "model", {"update_per"}},
        UpdateCase{"hockey", Variant::kHockey, "model", {"update_dropout_clip"}},
        UpdateCase{"hockey_opponent", Variant::kHockey, "model", {"update1"}}),
    [](const auto& info) {
      return std::string(info.param.folder) + "_" + info.param.updates.back();
    });

class TdTarget : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(TdTarget, IsTheRecordedOne) {
  const auto& [folder, name] = GetParam();
  const Variant variant = std::string(folder) == "hockey" ? Variant::kHockey : Variant::kOfficial;
  const Recording recording(folder);
  const RecordedFile file(recording, name);
  WorldModel model =
      recorded_model(recording.config(), variant, RecordedFile(recording, "model").parameters(""));
  Tdmpc2LearnerConfig config = learner_config(recording.config(), variant);
  UpdateDraws draws;
  if (variant == Variant::kOfficial) {
    draws.target_eps = file.at("in.pi_eps");
    draws.target_members = file.at("in.qidx");
    const Tdmpc2Learner learner(model, config, recording.discount(), recording.task_discounts());
    const auto tasks =
        learner.look_up(file.contains("in.task") ? file.at("in.task") : torch::Tensor{});
    const auto next_z = model.encode(file.at("in.obs").slice(0, 1), tasks.context);
    expect_close(next_z, file.at("out.next_z"), kForwardTolerance, "next latents");
    expect_close(
        learner.td_targets(next_z, file.at("in.reward"), file.at("in.terminated"), draws, tasks),
        file.at("out.td_target"), kForwardTolerance, "targets");
    return;
  }
  const bool is_n_step = std::string(name).ends_with("2");
  config.n_step = is_n_step ? 2 : 1;
  const auto reward = file.at("in.reward").transpose(0, 1).contiguous();
  draws.target_eps =
      is_n_step ? file.at("in.pi_eps") : time_major(file.at("in.pi_eps")[0], reward.size(1));
  draws.target_members = is_n_step ? file.at("in.qidx") : file.at("in.qidx")[0];
  const Tdmpc2Learner learner(model, config, recording.discount());
  const auto targets = learner.td_targets(file.at("in.next_z").transpose(0, 1).contiguous(), reward,
                                          file.at("in.done").transpose(0, 1).contiguous(), draws);
  expect_close(targets.transpose(0, 1).contiguous(), file.at("out.td_target"), kForwardTolerance,
               "targets");
}

INSTANTIATE_TEST_SUITE_P(Recorded, TdTarget,
                         testing::Values(std::pair{"official_single", "td_target"},
                                         std::pair{"official_episodic", "td_target"},
                                         std::pair{"official_multi", "td_target"},
                                         std::pair{"hockey", "td_target_nstep1"},
                                         std::pair{"hockey", "td_target_nstep2"}),
                         [](const auto& info) {
                           return std::string(info.param.first) + "_" + info.param.second;
                         });

}  // namespace
}  // namespace foresight

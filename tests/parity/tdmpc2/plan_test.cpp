// Whole plans from the same random draws, by every scorer: values, elites, means, stds, the action.
#include "agent/tdmpc2/checkpoint_file.h"
#include "parity/tdmpc2/recording.h"
#include "parity/tdmpc2/scorers.h"
#include "planner/mppi.h"

namespace foresight {
namespace {

constexpr double kPlanTolerance = 1e-5;   // of returns and actions over several iterations
constexpr double kValueTolerance = 2e-5;  // symexp amplifies the rounding of a head

// The weights come from the recording, or from a checkpoint that the original wrote (`checkpoint`).
struct PlanCase {
  const char* folder;
  const char* file;
  ScorerKind scorer;
  const char* checkpoint = nullptr;
};

void PrintTo(const PlanCase& c, std::ostream* os) {
  *os << c.folder << "/" << c.file << " " << name_of(c.scorer);
  if (c.checkpoint != nullptr) *os << " imported from " << c.checkpoint;
}

NamedTensors parameters_of(const Recording& recording, const char* checkpoint) {
  if (checkpoint == nullptr) return RecordedFile(recording, "model").parameters("");
  const auto file = CheckpointFile::open(recording.folder() + "/" + checkpoint);
  NamedTensors result;
  for (const auto& [name, view] : file.tensors()) {
    result[name] = torch::tensor(to_floats(view)).view(view.shape);
  }
  return result;
}

// Pictures are shifted as the recording drew it.
torch::Tensor recorded_observation(const RecordedFile& file) {
  if (!file.contains("in.shift")) return file.at("in.obs");
  return shift_images(file.at("in.obs"), file.at("in.shift"));
}

const std::pair<const char*, const char*> kCheckpoints[] = {
    {"official_single", "official.pt"},
    {"official_single", "official_old_api.pt"},
    {"official_episodic", "official.pt"},
    {"official_multi", "official.pt"},
    {"official_multi", "official_old_api.pt"}};

Variant variant_of(const std::string& folder) {
  return folder.starts_with("hockey") ? Variant::kHockey : Variant::kOfficial;
}

// The ids of `num_opponents` in balance, in the recorded order: [1, count].
torch::Tensor recorded_opponents(const torch::Tensor& order, std::int64_t num_opponents) {
  const auto ids = (torch::arange(order.size(0)) % num_opponents);
  return std::get<0>(ids.sort()).index_select(0, order).unsqueeze(0);
}

// The recordings are of one environment: B = 1 is put in.
MppiDraws recorded_draws(const RecordedFile& file, bool is_official, std::int64_t num_opponents) {
  MppiDraws draws;
  draws.policy_eps = file.at("in.pi_traj_eps").unsqueeze(1);
  draws.noise = file.at("in.noise").unsqueeze(2);
  const auto pairs = file.at(is_official ? "in.value_qidx" : "in.qidx");
  for (std::int64_t i = 0; i < pairs.size(0); ++i) {
    ScoreDraws score;
    score.q_pair = pairs[i].contiguous();
    if (is_official) score.policy_eps = file.at("in.value_pi_eps")[i].unsqueeze(0);
    if (file.contains("in.dropmask")) score.dropout_mask = file.at("in.dropmask")[i].contiguous();
    draws.score.push_back(score);
  }
  if (num_opponents > 0) {
    draws.num_opponents = num_opponents;
    draws.opponents = {recorded_opponents(file.at("in.perm_pi"), num_opponents),
                       recorded_opponents(file.at("in.perm_samples"), num_opponents)};
    EXPECT_TRUE(draws.opponents.samples[0].equal(file.at("mid.opponent_ids"))) << "assignment";
  }
  draws.exponential = file.at("in.exponential").unsqueeze(0);
  if (file.contains("in.final_noise")) {
    draws.final_noise = file.at("in.final_noise").unsqueeze(0);
  }
  return draws;
}

void expect_iteration(const MppiIteration& iteration, std::size_t i, const RecordedFile& file,
                      bool is_official) {
  SCOPED_TRACE("iteration " + std::to_string(i));
  const auto index = static_cast<std::int64_t>(i);
  expect_close(iteration.actions, file.at("out.actions")[index], kPlanTolerance, "actions");
  expect_close(iteration.value, file.at(is_official ? "out.value" : "out.returns")[index],
               kValueTolerance, "values");
  EXPECT_TRUE(iteration.elite_index.flatten().equal(
      file.at(is_official ? "out.elite_idxs" : "out.elite_idxs")[index]))
      << "other elites";
  if (iteration.standardised.defined()) {
    expect_close(iteration.standardised, file.at("out.returns_for_scoring")[index], kValueTolerance,
                 "standardised values");
    expect_close(iteration.standardised.gather(1, iteration.elite_index),
                 file.at("out.elite_scores")[index], kValueTolerance, "elites' scores");
  }
  expect_close(iteration.elite_weight, file.at("out.score")[index], kPlanTolerance, "weights");
  expect_close(iteration.mean, file.at("out.mean")[index + 1], kPlanTolerance, "mean");
  expect_close(iteration.std, file.at("out.std")[index + 1], kPlanTolerance, "std");
}

class Plan : public testing::TestWithParam<PlanCase> {};

TEST_P(Plan, IsTheRecordedOne) {
  const auto& [folder, name, scorer_kind, checkpoint] = GetParam();
  const Variant variant = variant_of(folder);
  const bool is_official = variant == Variant::kOfficial;
  const Recording recording(folder);
  const RecordedFile file(recording, name);
  const WorldModel model =
      recorded_model(recording.config(), variant, parameters_of(recording, checkpoint));
  const auto scorer = make_scorer(scorer_kind, model, value_config(variant), recording.discount());
  if (const auto discounts = recording.task_discounts(); !discounts.empty()) {
    const auto task = file.at("in.task").item<std::int64_t>();
    scorer->set_task(task, discounts.at(static_cast<std::size_t>(task)));
  }
  const MppiPlanner planner(planner_config(recording.config(), variant));
  const bool is_first = recording.extra(name).at("t0").get<bool>();
  const auto start = MppiPlanner::shifted(file.at("in.prev_mean").unsqueeze(1),
                                          torch::tensor({is_first ? 1 : 0}, torch::kUInt8));
  std::vector<MppiIteration> trace;
  const MppiPlan plan =
      planner.plan(*scorer, scorer->encode(recorded_observation(file)), start,
                   recorded_draws(file, is_official, model.opponents().size()), &trace);

  expect_close(start, file.at("out.mean")[0], 0.0, "start mean");
  ASSERT_EQ(std::ssize(trace), file.at("out.actions").size(0));
  for (std::size_t i = 0; i < trace.size(); ++i) expect_iteration(trace[i], i, file, is_official);
  EXPECT_EQ(plan.chosen.item<std::int64_t>(), file.at("out.chosen").item<std::int64_t>());
  expect_close(plan.action, file.at("out.action"), kPlanTolerance, "action");
  expect_close(plan.mean, file.at("out.prev_mean"), kPlanTolerance, "mean kept for the next step");
  EXPECT_EQ(plan.num_not_finite.item<std::int64_t>(), 0);
}

std::vector<PlanCase> plan_cases() {
  const std::vector<std::pair<const char*, const char*>> files{
      {"official_single", "plan_t0_eval"},
      {"official_single", "plan_t0_train"},
      {"official_single", "plan_warm_eval"},
      {"official_single", "plan_warm_train"},
      {"official_episodic", "plan_warm_train"},
      {"official_multi", "plan_task0"},
      {"official_multi", "plan_task1"},
      {"official_multi", "plan_task2"},
      {"hockey", "plan_t0_det"},
      {"hockey", "plan_t0_stoch"},
      {"hockey", "plan_warm_det"},
      {"hockey", "plan_warm_stoch"},
      {"hockey", "plan_dropout"},
      {"hockey_opponent", "plan_t0_det"},
      {"hockey_opponent", "plan_warm_stoch"}};
  std::vector<PlanCase> cases;
  for (const auto& [folder, file] : files) {
    for (const ScorerKind scorer : all_scorers()) {
      cases.push_back({folder, file, scorer});
      for (const auto& [of, checkpoint] : kCheckpoints) {
        if (std::string_view(of) == folder) cases.push_back({folder, file, scorer, checkpoint});
      }
    }
  }
  // The packed scorer reads numbers only.
  cases.push_back({"official_pixels", "plan_warm_eval", ScorerKind::kTensor});
  cases.push_back({"official_pixels", "plan_warm_eval", ScorerKind::kTensor, "official.pt"});
  return cases;
}

// "" or "_of_official_pt".
std::string suffix_of(const char* checkpoint) {
  if (checkpoint == nullptr) return "";
  std::string suffix = std::string("_of_") + checkpoint;
  std::replace(suffix.begin(), suffix.end(), '.', '_');
  return suffix;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Plan, testing::ValuesIn(plan_cases()), [](const auto& info) {
  return std::string(info.param.folder) + "_" + info.param.file + "_" + name_of(info.param.scorer) +
         suffix_of(info.param.checkpoint);
});

struct ScorerCase {
  const char* folder;
  const char* file;
  ScorerKind scorer;
  const char* checkpoint = nullptr;
};

class SequenceValue : public testing::TestWithParam<ScorerCase> {};

TEST_P(SequenceValue, IsTheRecordedOne) {
  const Recording recording(GetParam().folder);
  const RecordedFile file(recording, GetParam().file);
  const WorldModel model = recorded_model(recording.config(), Variant::kOfficial,
                                          parameters_of(recording, GetParam().checkpoint));
  const auto scorer =
      make_scorer(GetParam().scorer, model, value_config(Variant::kOfficial), recording.discount());
  if (const auto discounts = recording.task_discounts(); !discounts.empty()) {
    const auto task = file.at("in.task").item<std::int64_t>();
    scorer->set_task(task, discounts.at(static_cast<std::size_t>(task)));
  }
  // Every sample has its own latent here: as many environments, one sequence each.
  const auto actions = file.at("in.actions").unsqueeze(2);  // [H, N, 1, A]
  scorer->begin(file.at("in.z"), actions.narrow(2, 0, 0));
  const auto value = scorer->score(
      actions, {.policy_eps = file.at("in.pi_eps").unsqueeze(1), .q_pair = file.at("in.qidx")});
  expect_close(value, file.at("out.value"), kValueTolerance, "values");
}

INSTANTIATE_TEST_SUITE_P(Recorded, SequenceValue, testing::ValuesIn([] {
                           std::vector<ScorerCase> cases;
                           const std::vector<std::pair<const char*, const char*>> files{
                               {"official_single", "estimate_value"},
                               {"official_episodic", "estimate_value"},
                               {"official_multi", "estimate_value_task0"},
                               {"official_multi", "estimate_value_task1"},
                               {"official_multi", "estimate_value_task2"}};
                           for (const auto& [folder, file] : files) {
                             for (const ScorerKind scorer : all_scorers()) {
                               cases.push_back({folder, file, scorer});
                               for (const auto& [of, checkpoint] : kCheckpoints) {
                                 if (std::string_view(of) != folder) continue;
                                 cases.push_back({folder, file, scorer, checkpoint});
                               }
                             }
                           }
                           return cases;
                         }()),
                         [](const auto& info) {
                           return std::string(info.param.folder) + "_" + info.param.file + "_" +
                                  name_of(info.param.scorer) + suffix_of(info.param.checkpoint);
                         });

// The sum of rewards along a sequence, its last latent and the probability that it has ended.
class HockeyRollout : public testing::TestWithParam<const char*> {};

TEST_P(HockeyRollout, IsTheRecordedOne) {
  const std::string name = GetParam();
  const Recording recording("hockey");
  const RecordedFile file(recording, name);
  NamedTensors parameters = RecordedFile(recording, "model").parameters("");
  for (const auto& [key, tensor] : file.parameters("")) parameters[key] = tensor;
  auto config = model_config(recording.config(), Variant::kHockey);
  if (name == "termination_za") config.termination = "latent_action";
  WorldModel model(config, recording.config().at("obs_dim"), recording.config().at("action_dim"),
                   torch::kCPU, 1);
  load_parameters(model, parameters);
  if (file.contains("out.logit")) {
    expect_close(model.termination_logit(file.at("in.z"), file.at("in.action"), {}),
                 file.at("out.logit"), 5e-6, "end logit");
  }
  TensorScorer scorer(model, value_config(Variant::kHockey), recording.discount());
  const auto actions = file.at("in.actions").transpose(0, 1).unsqueeze(1);  // [H, 1, N, A]
  const auto rollout = scorer.roll_out(file.at("in.z0").unsqueeze(0), actions);
  expect_close(rollout.reward, file.at("out.returns"), kPlanTolerance, "returns");
  expect_close(rollout.ended, file.at("out.termination_prob"), 5e-6, "end probability");
  expect_close(rollout.z, file.at("out.final_z"), 5e-6, "last latent");
}

INSTANTIATE_TEST_SUITE_P(Recorded, HockeyRollout, testing::Values("rollout_z", "termination_za"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace foresight

#include "parity/tdmpc2/recording.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "nn/tensor_file.h"

namespace foresight {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// `_dynamics.0.ln.weight` -> `dynamics.0.norm.weight`; empty for what we do not hold.
std::string official_name(std::string name) {
  // Positions in a Sequential: shift, scaling, convolution, ReLU, convolution, ...
  static const std::map<std::string, std::string> kConvolutions{{"_encoder.rgb.2.", "0."},
                                                                {"_encoder.rgb.4.", "1."},
                                                                {"_encoder.rgb.6.", "2."},
                                                                {"_encoder.rgb.8.", "3."}};
  for (const auto& [from, to] : kConvolutions) {
    if (name.starts_with(from)) return replaced(name, from, "encoder.conv." + to);
  }
  static const std::map<std::string, std::string> kPrefixes{{"_encoder.state.", "encoder."},
                                                            {"_dynamics.", "dynamics."},
                                                            {"_reward.", "reward."},
                                                            {"_termination.", "termination."},
                                                            {"_pi.", "policy."},
                                                            {"_Qs.params.", "q."},
                                                            {"_target_Qs_params.", "target_q."},
                                                            {"_task_emb.", "task_embedding."}};
  for (const auto& [from, to] : kPrefixes) {
    if (name.starts_with(from)) return replaced(replaced(name, from, to), ".ln.", ".norm.");
  }
  return {};
}

// Position in a torch Sequential of Linear, LayerNorm, Mish a layer (Q: Dropout in the first) or of
// Linear, ReLU a layer.
std::string sequential_name(const std::string& network, int position, const std::string& leaf) {
  int layer = position / 3;
  bool is_norm = position % 3 == 1;
  if (network == "termination") {
    layer = position / 2;
    is_norm = false;
  } else if (network == "q" && position >= 4) {
    layer = (position - 1) / 3;
    is_norm = (position - 1) % 3 == 1;
  }
  return fmt::format("{}.{}.{}{}", network, layer, is_norm ? "norm." : "", leaf);
}

// `q_ensemble.q_functions.2.net.4.weight` -> `q.1.weight` and member 2.
struct HockeyName {
  std::string name;
  int member = -1;
};
HockeyName hockey_name(const std::string& name) {
  std::vector<std::string> parts;
  std::stringstream stream(name);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  if (parts.size() == 3 && parts[1] == "mean_head") return {parts[0] + "_mean.0." + parts[2]};
  if (parts.size() == 3 && parts[1] == "log_std_head") {
    return {parts[0] + "_log_std.0." + parts[2]};
  }
  if (parts.size() == 4 && (parts[1] == "net" || parts[1] == "mlp")) {
    return {sequential_name(parts[0], std::stoi(parts[2]), parts[3])};
  }
  if (parts.size() == 6 && parts[1] == "q_functions") {
    const std::string inner = sequential_name("q", std::stoi(parts[4]), parts[5]);
    return {parts[0] == "target_q_ensemble" ? "target_" + inner : inner, std::stoi(parts[2])};
  }
  return {};
}

}  // namespace

std::string fixture_folder() {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  return folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures";
}

Recording::Recording(const std::string& folder) : folder_(fixture_folder() + "/tdmpc2/" + folder) {
  std::ifstream stream(folder_ + "/meta.json");
  if (!stream) throw std::runtime_error("no recording in " + folder_);
  meta_ = nlohmann::json::parse(stream);
  // The recorded config does not count the cloning networks; the model's tensors do.
  if (!meta_.contains("files") || !meta_["files"].contains("model")) return;
  int num_opponents = 0;
  const auto& tensors = meta_["files"]["model"]["tensors"];
  while (tensors.contains(fmt::format("opponent{}.mean_head.weight", num_opponents))) {
    ++num_opponents;
  }
  meta_["cfg"]["num_opponents"] = num_opponents;
}

nlohmann::json Recording::extra(const std::string& file) const {
  return meta_.at("files").at(file).value("extra", nlohmann::json::object());
}

nlohmann::json Recording::overrides(const std::string& file) const {
  return meta_.value("cfg_" + file, nlohmann::json::object());
}

double Recording::discount() const {
  if (!task_discounts().empty()) return 0.0;
  if (meta_.contains("discount")) return meta_.at("discount").get<double>();
  const auto& cfg = config();
  if (cfg.contains("gamma")) return cfg.at("gamma").get<double>();
  return discount_of(cfg.at("episode_length"), cfg.at("discount_denom"), cfg.at("discount_min"),
                     cfg.at("discount_max"));
}

std::vector<double> Recording::task_discounts() const {
  if (!config().value("multitask", false)) return {};
  return meta_.at("discount").get<std::vector<double>>();
}

RecordedFile::RecordedFile(const Recording& recording, const std::string& file)
    : file_(SafetensorsFile::open(recording.path(file))) {}

torch::Tensor RecordedFile::at(const std::string& name) const { return read_tensor(file_, name); }

NamedTensors RecordedFile::parameters(const std::string& prefix) const {
  NamedTensors result;
  std::map<std::string, std::map<int, torch::Tensor>> members;
  for (const std::string& name : file_.names()) {
    if (!name.starts_with(prefix)) continue;
    const std::string original = name.substr(prefix.size());
    if (const std::string ours = official_name(original); !ours.empty()) {
      result[ours] = at(name);
    } else if (const HockeyName hockey = hockey_name(original); hockey.member >= 0) {
      members[hockey.name][hockey.member] = at(name);
    } else if (!hockey.name.empty()) {
      result[hockey.name] = at(name);
    }
  }
  for (const auto& [name, tensors] : members) {
    std::vector<torch::Tensor> stack;
    for (const auto& [member, tensor] : tensors) stack.push_back(tensor);
    result[name] = torch::stack(stack);
  }
  return result;
}

Tdmpc2ModelConfig model_config(const nlohmann::json& config, Variant variant) {
  Tdmpc2ModelConfig model;
  model.latent_dim = config.at("latent_dim");
  model.num_q = config.at("num_q");
  model.num_bins = config.at("num_bins");
  model.vmin = config.at("vmin");
  model.vmax = config.at("vmax");
  model.dropout = config.at("dropout");
  if (variant == Variant::kOfficial) {
    const std::int64_t mlp = config.at("mlp_dim");
    const std::int64_t layers = config.at("num_enc_layers");
    model.simnorm_dim = config.at("simnorm_dim");
    model.encoder_hidden.assign(static_cast<std::size_t>(std::max<std::int64_t>(layers - 1, 1)),
                                config.at("enc_dim").get<std::int64_t>());
    for (auto* hidden : {&model.dynamics_hidden, &model.reward_hidden, &model.policy_hidden,
                         &model.q_hidden, &model.termination_hidden}) {
      *hidden = {mlp, mlp};
    }
    model.log_std_min = config.at("log_std_min");
    model.log_std_max = config.at("log_std_max");
    model.termination = config.at("episodic").get<bool>() ? "latent" : "none";
    if (config.value("multitask", false)) {
      model.task_dim = config.at("task_dim");
      model.task_action_dims = config.at("action_dims").get<std::vector<std::int64_t>>();
    }
    if (config.at("obs") == "rgb") {
      model.image_channels = config.at("obs_shape").at("rgb").at(0);
      model.encoder_channels = config.at("num_channels");
    }
    return model;
  }
  const auto& hidden = config.at("hidden_dim");
  model.simnorm_dim = std::min<std::int64_t>(8, model.latent_dim);
  model.encoder_hidden = hidden.at("encoder").get<std::vector<std::int64_t>>();
  model.dynamics_hidden = hidden.at("dynamics").get<std::vector<std::int64_t>>();
  model.reward_hidden = hidden.at("reward").get<std::vector<std::int64_t>>();
  model.policy_hidden = hidden.at("policy").get<std::vector<std::int64_t>>();
  model.q_hidden = hidden.at("q_function").get<std::vector<std::int64_t>>();
  model.termination_hidden = hidden.at("termination").get<std::vector<std::int64_t>>();
  model.dropout_place = "after_norm";
  model.encoder_norm = false;
  model.policy_heads = "separate";
  model.termination = "latent";
  model.termination_network = "relu";
  model.num_opponents = config.value("num_opponents", 0);
  return model;
}

MppiConfig planner_config(const nlohmann::json& config, Variant variant) {
  MppiConfig planner;
  const bool official = variant == Variant::kOfficial;
  planner.horizon = config.at("horizon");
  planner.num_samples = config.at("num_samples");
  planner.num_elites = config.at("num_elites");
  planner.num_policy_samples = config.at("num_pi_trajs");
  planner.iterations = config.at(official ? "iterations" : "num_iterations");
  planner.min_std = config.at(official ? "min_std" : "std_min");
  planner.max_std = config.at(official ? "max_std" : "std_init");
  planner.inverse_temperature = config.at("temperature");
  planner.normalise_with_epsilon = !official;
  planner.always_clamp = official;
  return planner;
}

SequenceValueConfig value_config(Variant variant) {
  if (variant == Variant::kOfficial) return {};
  return {.end = "probability", .last_action = "mean", .last_q = "target"};
}

Tdmpc2LearnerConfig learner_config(const nlohmann::json& config, Variant variant) {
  Tdmpc2LearnerConfig learner;
  const bool official = variant == Variant::kOfficial;
  learner.rho = config.at(official ? "rho" : "lambda_coef");
  learner.learning_rate = config.at("lr");
  learner.encoder_lr_scale = config.at("enc_lr_scale");
  learner.grad_clip_norm = config.at("grad_clip_norm");
  learner.target_tau = config.at("tau");
  learner.scale_tau = config.at("tau");
  learner.consistency_coef = config.at("consistency_coef");
  learner.reward_coef = config.at("reward_coef");
  learner.value_coef = config.at("value_coef");
  learner.termination_coef = config.at("termination_coef");
  learner.entropy_coef = config.at("entropy_coef");
  learner.policy_q = official ? "two_random" : "all";
  learner.mixed_termination_weights = !official;
  return learner;
}

TaskContext recorded_tasks(const WorldModel& model, const RecordedFile& file) {
  return model.tasks().num_tasks() > 0 ? model.look_up(file.at("in.task")) : TaskContext{};
}

void load_parameters(WorldModel& model, const NamedTensors& parameters) {
  const torch::NoGradGuard no_grad;
  model.for_each_tensor([&](const std::string& name, const torch::Tensor& tensor) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) throw std::runtime_error("the recording lacks " + name);
    if (found->second.sizes() != tensor.sizes()) throw std::runtime_error("other shape: " + name);
    tensor.detach().copy_(found->second);
  });
}

WorldModel recorded_model(const nlohmann::json& config, Variant variant,
                          const NamedTensors& parameters) {
  std::int64_t observation_dim = 0;
  if (variant == Variant::kHockey) {
    observation_dim = config.at("obs_dim");
  } else {
    observation_dim = 1;
    for (const auto& size : config.at("obs_shape").at(config.at("obs").get<std::string>())) {
      observation_dim *= size.get<std::int64_t>();
    }
  }
  WorldModel model(model_config(config, variant), observation_dim, config.at("action_dim"),
                   torch::kCPU, /*seed=*/1);
  load_parameters(model, parameters);
  return model;
}

std::optional<TensorStatistics> recorded_statistics(const Recording& recording,
                                                    const std::string& our_name) {
  std::ifstream stream(recording.folder() + "/init_stats.json");
  const auto all = nlohmann::json::parse(stream);
  // Members of an ensemble are recorded one by one: mean of means, and of mean squares.
  double weight = 0.0, mean = 0.0, square = 0.0;
  for (const auto& [name, stats] : all.items()) {
    const std::string official = official_name(name);
    if ((official.empty() ? hockey_name(name).name : official) != our_name) continue;
    const double m = stats.at("mean"), s = stats.at("std");
    weight += 1.0;
    mean += m;
    square += s * s + m * m;
  }
  if (weight == 0.0) return {};
  mean /= weight;
  return TensorStatistics{mean, std::sqrt(std::max(0.0, square / weight - mean * mean))};
}

void expect_close(const torch::Tensor& actual, const torch::Tensor& expected, double tolerance,
                  const std::string& what) {
  const torch::NoGradGuard no_grad;
  ASSERT_EQ(actual.numel(), expected.numel()) << what;
  const auto a = actual.detach().flatten().to(torch::kDouble);
  const auto e = expected.flatten().to(torch::kDouble);
  const auto error = ((a - e).abs() / e.abs().clamp_min(1.0));
  ASSERT_TRUE(error.isfinite().all().item<bool>()) << what << " is not finite";
  const double worst = error.numel() == 0 ? 0.0 : error.max().item<double>();
  EXPECT_LE(worst, tolerance) << what << ": worst relative deviation";
}

TEST(Recordings, EveryParameterOfTheModelsIsFound) {
  for (const auto& [folder, variant] :
       {std::pair{"official_single", Variant::kOfficial},
        std::pair{"official_pixels", Variant::kOfficial},
        std::pair{"official_episodic", Variant::kOfficial}, std::pair{"hockey", Variant::kHockey},
        std::pair{"hockey_opponent", Variant::kHockey}}) {
    const Recording recording(folder);
    EXPECT_NO_THROW(recorded_model(recording.config(), variant,
                                   RecordedFile(recording, "model").parameters("")))
        << folder;
  }
}

}  // namespace foresight

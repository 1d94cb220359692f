#include "agent/tdmpc2/hockey_export.h"

#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

// The state_dict of one network: every tensor whose name begins with `prefix`, which is cut off.
void write_network(TorchWriter& writer, const RenamedTensors& tensors, const std::string& prefix) {
  writer.begin_dict(TorchWriter::DictKind::kOrdered);
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with(prefix)) continue;
    writer.add_text(name.substr(prefix.size()));
    writer.add_tensor(tensor);
  }
  writer.end_dict();
}

void write_hockey_numbers(TorchWriter& writer, const ExportedModel& model, const Table& agent) {
  const auto whole = [&](const char* key, std::int64_t number) {
    writer.add_text(key);
    writer.add_whole(number);
  };
  const auto from_card = [&](const char* key, const char* group, const char* ours, double otherwise,
                             bool is_whole) {
    const double value = number_at(agent, group, ours, otherwise);
    writer.add_text(key);
    if (is_whole) {
      writer.add_whole(std::llround(value));
    } else {
      writer.add_number(value);
    }
  };
  const std::int64_t num_bins = model.outputs("reward").back();
  writer.add_text("config");
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  from_card("gamma", "", "discount", 0.99, false);
  from_card("horizon", "planner", "horizon", 3, true);
  from_card("num_samples", "planner", "num_samples", 512, true);
  from_card("num_iterations", "planner", "iterations", 6, true);
  from_card("temperature", "planner", "inverse_temperature", 0.5, false);
  from_card("lambda_coef", "learner", "rho", 0.95, false);
  from_card("termination_coef", "learner", "termination_coef", 0.5, false);
  from_card("log_std_min", "model", "log_std_min", -10, false);
  from_card("log_std_max", "model", "log_std_max", 2, false);
  writer.end_dict();
  whole("obs_dim", model.at("encoder.0.weight").shape[1]);
  whole("action_dim", model.outputs("policy_mean").back());
  whole("latent_dim", model.outputs("dynamics").back());
  writer.add_text("hidden_dim");
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  for (const auto& [theirs, ours] : {std::pair{"encoder", "encoder"},
                                     {"dynamics", "dynamics"},
                                     {"reward", "reward"},
                                     {"termination", "termination"},
                                     {"q_function", "q"},
                                     {"policy", "policy"}}) {
    auto widths = model.outputs(ours);
    if (std::string_view(ours) != "policy" && !widths.empty()) widths.pop_back();
    writer.add_text(theirs);
    writer.add_list(widths);
  }
  writer.end_dict();
  whole("num_q", model.at("q.0.weight").shape[0]);
  whole("num_bins", num_bins);
  from_card("vmin", "model", "vmin", -10, false);
  from_card("vmax", "model", "vmax", 10, false);
}

}  // namespace

void write_hockey(TorchWriter& writer, const RenamedTensors& tensors, const ExportedModel& model,
                  const Table& agent) {
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  for (const char* network :
       {"encoder", "dynamics", "reward", "termination", "q_ensemble", "policy"}) {
    writer.add_text(network);
    write_network(writer, tensors, std::string(network) + ".");
  }
  write_hockey_numbers(writer, model, agent);
  std::int64_t num_opponents = 0;
  while (model.has(fmt::format("opponent{}.0.weight", num_opponents))) ++num_opponents;
  writer.add_text("opponent_simulation_enabled");
  writer.add_truth(num_opponents > 0);
  if (num_opponents > 0) {
    writer.add_text("opponent_cloning_networks");
    writer.begin_dict(TorchWriter::DictKind::kPlain);
    for (std::int64_t k = 0; k < num_opponents; ++k) {
      writer.add_whole(k);
      writer.begin_dict(TorchWriter::DictKind::kPlain);
      writer.add_text("network");
      write_network(writer, tensors, fmt::format("opponent{}.", k));
      writer.end_dict();
    }
    writer.end_dict();
  }
  writer.end_dict();
}

}  // namespace foresight

#include "agent/tdmpc2/checkpoint_sizes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::int64_t kWidest = 1 << 20;  // of a layer: products of two stay far from overflow
constexpr std::int64_t kManyActions = 20;  // from so many on the reference plans two rounds more
constexpr std::int64_t kLatentPerChannel = 16;  // four convolutions leave 4 x 4 of a picture
constexpr std::int64_t kKernels[] = {7, 5, 3, 3};

bool is_width(std::int64_t size) { return size > 0 && size <= kWidest; }

// Inputs of the network's first layer, then the outputs of each.
std::vector<std::int64_t> widths(const CheckpointFile& file, const std::string& network) {
  std::vector<std::int64_t> result;
  const auto weight = [&](int layer) { return fmt::format("{}.{}.weight", network, layer); };
  for (int layer = 0; layer == 0 || file.has(weight(layer)); ++layer) {
    const auto& shape = file.at(weight(layer)).shape;
    const bool is_ensemble = network == "q" || network == "target_q";
    const bool is_sized =
        shape.size() == (is_ensemble ? 3 : 2) && std::ranges::all_of(shape, is_width);
    if (!is_sized || (!result.empty() && shape[shape.size() - 1] != result.back())) {
      fail("{}: \"{}\" of the shape [{}] does not fit behind the layer before it", file.file_name(),
           weight(layer), fmt::join(shape, ", "));
    }
    if (result.empty()) result.push_back(shape[shape.size() - 1]);
    result.push_back(shape[shape.size() - 2]);
  }
  return result;
}

// The encoder of pictures: four convolutions of fixed kernels and one width.
void read_convolutions(const CheckpointFile& file, CheckpointSizes& sizes) {
  std::int64_t inputs = 0;
  for (int layer = 0; layer < std::ssize(kKernels); ++layer) {
    const std::string name = fmt::format("encoder.conv.{}.weight", layer);
    const auto& shape = file.at(name).shape;
    const std::int64_t kernel = kKernels[layer];
    const bool is_sized = shape.size() == 4 && is_width(shape[0]) && is_width(shape[1]) &&
                          shape[2] == kernel && shape[3] == kernel;
    if (!is_sized || shape[0] * kLatentPerChannel != sizes.latent_dim ||
        (layer > 0 && shape[1] != inputs)) {
      fail(
          "{}: \"{}\" of the shape [{}]: expected kernels of {} x {} that end in a latent state "
          "of {}, {} for each channel",
          file.file_name(), name, fmt::join(shape, ", "), kernel, kernel, sizes.latent_dim,
          kLatentPerChannel);
    }
    if (layer == 0) sizes.image_channels = shape[1];
    inputs = shape[0];
  }
}

void read_tasks(const CheckpointFile& file, CheckpointSizes& sizes) {
  if (!file.has("task_embedding.weight")) return;
  const auto& shape = file.at("task_embedding.weight").shape;
  if (shape.size() != 2 || shape[0] < 1 || !is_width(shape[1])) {
    fail("{}: task embeddings of the shape [{}]", file.file_name(), fmt::join(shape, ", "));
  }
  sizes.num_tasks = shape[0];
  sizes.task_dim = shape[1];
  if (!file.has("action_masks")) return;
  const TensorView& masks = file.at("action_masks");
  if (masks.shape != std::vector<std::int64_t>{sizes.num_tasks, sizes.action_dim}) {
    fail("{}: action masks of the shape [{}], expected [{}, {}]", file.file_name(),
         fmt::join(masks.shape, ", "), sizes.num_tasks, sizes.action_dim);
  }
  const auto values = to_floats(masks);
  for (std::int64_t task = 0; task < sizes.num_tasks; ++task) {
    const auto row = std::span(values).subspan(static_cast<std::size_t>(task * sizes.action_dim),
                                               static_cast<std::size_t>(sizes.action_dim));
    const auto own = std::ranges::find_if(row, [](float value) { return value != 1.0f; });
    if (own == row.begin() || std::any_of(own, row.end(), [](float value) { return value != 0; })) {
      fail("{}: the action mask of task {} is not ones, then zeros", file.file_name(), task);
    }
    sizes.task_action_dims.push_back(own - row.begin());
  }
}

void put(Table& table, const std::string& key, ConfigValue::Data value) {
  table.set(key, {std::move(value), "the checkpoint"});
}

// The hidden layers of widths(): neither the inputs nor the last outputs.
ConfigValue::Data hidden_of(const std::vector<std::int64_t>& widths, bool is_trunk) {
  ValueList list;
  const std::size_t end = is_trunk ? widths.size() : widths.size() - 1;
  for (std::size_t i = 1; i < end; ++i) list.push_back({widths[i], "the checkpoint"});
  return list;
}

Table model_section(const CheckpointFile& file, const CheckpointSizes& sizes) {
  const bool is_hockey = file.layout() == CheckpointLayout::kHockey;
  const bool has_heads = file.has("policy_mean.0.weight");
  Table model;
  put(model, "latent_dim", sizes.latent_dim);
  put(model, "simnorm_dim",
      is_hockey ? std::min<std::int64_t>(8, sizes.latent_dim) : std::int64_t{8});
  if (sizes.image_channels > 0) {
    put(model, "encoder_channels", sizes.latent_dim / kLatentPerChannel);
  } else {
    const auto encoder = widths(file, "encoder");
    put(model, "encoder_hidden", hidden_of(encoder, false));
    put(model, "encoder_norm", file.has(fmt::format("encoder.{}.norm.weight", encoder.size() - 2)));
  }
  put(model, "dynamics_hidden", hidden_of(widths(file, "dynamics"), false));
  put(model, "reward_hidden", hidden_of(widths(file, "reward"), false));
  put(model, "policy_hidden", hidden_of(widths(file, "policy"), has_heads));
  put(model, "q_hidden", hidden_of(widths(file, "q"), false));
  put(model, "num_q", file.at("q.0.weight").shape[0]);
  if (sizes.task_dim > 0) put(model, "task_dim", sizes.task_dim);
  put(model, "num_bins", widths(file, "reward").back());
  put(model, "vmin", file.number("vmin", -10.0));
  put(model, "vmax", file.number("vmax", 10.0));
  put(model, "policy_heads", std::string(has_heads ? "separate" : "joint"));
  const double log_std_min = file.number("log_std_min", -10.0);
  put(model, "log_std_min", log_std_min);
  put(model, "log_std_max",
      is_hockey ? file.number("log_std_max", 2.0) : log_std_min + file.number("log_std_dif", 12.0));
  put(model, "dropout_place", std::string(is_hockey ? "after_norm" : "before_norm"));
  if (file.has("termination.0.weight")) {
    const auto termination = widths(file, "termination");
    const bool reads_latent = termination.front() == sizes.latent_dim + sizes.task_dim;
    put(model, "termination", std::string(reads_latent ? "latent" : "latent_action"));
    put(model, "termination_hidden", hidden_of(termination, false));
    put(model, "termination_network",
        std::string(file.has("termination.0.norm.weight") ? "normed" : "relu"));
  }
  return model;
}

// What a file of the hockey project tells beside the networks, and how its agent differs.
void put_hockey(const CheckpointFile& file, Table& agent) {
  const auto whole = [&](const std::string& key, std::int64_t otherwise) {
    // What no config could hold is cut to what its reader refuses with a message.
    const double value = file.number(key, static_cast<double>(otherwise));
    return static_cast<std::int64_t>(std::clamp(value, -1e15, 1e15));
  };
  const std::int64_t num_samples = whole("num_samples", 512);
  Table planner;
  put(planner, "horizon", whole("horizon", 3));
  put(planner, "num_samples", num_samples);
  put(planner, "num_elites", std::min<std::int64_t>(64, num_samples));
  put(planner, "num_policy_samples", std::min<std::int64_t>(24, num_samples / 2));
  put(planner, "iterations", whole("num_iterations", 6));
  put(planner, "inverse_temperature", file.number("temperature", 0.5));
  put(planner, "normalise_with_epsilon", true);
  put(planner, "always_clamp", false);
  put(agent, "planner", std::move(planner));
  Table value;
  put(value, "end", std::string("probability"));
  put(value, "last_action", std::string("mean"));
  put(value, "last_q", std::string("target"));
  put(agent, "sequence_value", std::move(value));
  Table learner;
  put(learner, "rho", file.number("lambda_coef", 0.95));
  put(learner, "termination_coef", file.number("termination_coef", 0.5));
  put(learner, "policy_q", std::string("all"));
  put(learner, "target_dropout", true);
  put(learner, "mixed_termination_weights", true);
  put(agent, "learner", std::move(learner));
  put(agent, "discount", file.number("gamma", 0.99));
}

}  // namespace

CheckpointSizes sizes_of(const CheckpointFile& file) {
  CheckpointSizes sizes;
  sizes.latent_dim = widths(file, "dynamics").back();
  sizes.action_dim = file.has("policy_mean.0.weight") ? widths(file, "policy_mean").back()
                                                      : widths(file, "policy").back() / 2;
  while (file.has(fmt::format("opponent{}.0.weight", sizes.num_opponents))) ++sizes.num_opponents;
  read_tasks(file, sizes);
  const bool sees_pixels = file.has("encoder.conv.0.weight");
  if (sees_pixels) {
    if (sizes.num_tasks > 0) fail("{}: pictures of several tasks", file.file_name());
    read_convolutions(file, sizes);
  } else {
    sizes.observation_dim = widths(file, "encoder").front() - sizes.task_dim;
  }
  const std::int64_t num_actors = sizes.num_opponents > 0 ? 2 : 1;
  const std::int64_t expected = sizes.latent_dim + sizes.task_dim + sizes.action_dim * num_actors;
  const std::int64_t found = widths(file, "dynamics").front();
  if (found != expected || (sizes.observation_dim < 1 && !sees_pixels)) {
    fail(
        "{}: the dynamics read {} numbers; a latent state of {}, a task of {} and actions of {} "
        "are {}",
        file.file_name(), found, sizes.latent_dim, sizes.task_dim, sizes.action_dim, expected);
  }
  return sizes;
}

Table agent_section(const CheckpointFile& file) {
  const CheckpointSizes sizes = sizes_of(file);
  Table agent;
  put(agent, "id", std::string("tdmpc2"));
  if (file.layout() == CheckpointLayout::kHockey) {
    put_hockey(file, agent);
  } else {
    Table planner;
    put(planner, "iterations", std::int64_t{sizes.action_dim >= kManyActions ? 8 : 6});
    put(agent, "planner", std::move(planner));
  }
  put(agent, "model", model_section(file, sizes));
  if (sizes.num_opponents > 0) {
    ValueList names;
    for (std::int64_t k = 0; k < sizes.num_opponents; ++k) {
      Table opponent;
      put(opponent, "name", fmt::format("opponent{}", k));
      names.push_back({std::move(opponent), "the checkpoint"});
    }
    Table cloning;
    put(cloning, "opponents", std::move(names));
    put(agent, "opponent_cloning", std::move(cloning));
  }
  return agent;
}

}  // namespace foresight

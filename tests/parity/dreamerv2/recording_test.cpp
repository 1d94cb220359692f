#include "parity/dreamerv2/recording.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "nn/tensor_file.h"

namespace foresight {
namespace {

std::string path_of(const std::string& name) {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  const std::string root = folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures";
  return root + "/dreamerv2/" + name;
}

Json read_json(const std::string& name) {
  std::ifstream stream(path_of(name));
  if (!stream) throw std::runtime_error("cannot read " + path_of(name));
  return Json::parse(stream);
}

Tensor in_our_layout(const Tensor& value) {
  if (value.dim() == 4) return value.permute({3, 2, 0, 1}).contiguous();
  return value.dim() == 2 ? value.t().contiguous() : value;
}

std::map<std::string, const ParameterSet::Entry*> entries_of(const ParameterSet& parameters) {
  std::map<std::string, const ParameterSet::Entry*> entries;
  for (const auto& entry : parameters.entries()) entries[entry.name] = &entry;
  return entries;
}

}  // namespace

Recording::Recording(const std::string& name)
    : meta_(read_json(name + ".json")),
      file_(SafetensorsFile::open(path_of(name + ".safetensors"))) {}

Tensor Recording::at(const std::string& name) const {
  const TensorView& view = file_.at(name);
  if (view.dtype != DType::kBool) return read_tensor(file_, name);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
  const std::vector<float> values(bytes, bytes + view.bytes.size());
  return torch::tensor(values).view(view.shape);
}

std::vector<std::string> Recording::names(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const std::string& name : file_.names()) {
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  return names;
}

Tensor Recording::parameter(const std::string& name) const { return in_our_layout(at(name)); }

Json read_rules() { return read_json("rules.json"); }

std::string our_name(std::string name) {
  for (char& letter : name) {
    if (letter == '/') letter = '.';
  }
  const auto replace = [&](const std::string& from, const std::string& to) {
    if (name.ends_with(from)) name = name.substr(0, name.size() - from.size()) + to;
  };
  replace(".kernel", ".weight");
  replace(".gamma", ".weight");
  replace(".beta", ".bias");
  return name;
}

namespace {

// Calls `use` with each of our parameters and the tensor of its name; none may be missing.
template <typename Use>
void for_each_parameter(const ParameterSet& parameters, const Recording& recording,
                        const std::string& prefix, Use use) {
  const auto entries = entries_of(parameters);
  std::size_t found = 0;
  for (const std::string& name : recording.names(prefix)) {
    const auto entry = entries.find(our_name(name));
    if (entry == entries.end()) continue;  // of another network in the same file
    ++found;
    use(*entry->second, recording.parameter(prefix + name));
  }
  EXPECT_EQ(found, entries.size()) << prefix;
}

}  // namespace

void load_parameters(const ParameterSet& parameters, const Recording& recording,
                     const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  for_each_parameter(parameters, recording, prefix, [](const auto& entry, const Tensor& value) {
    ASSERT_EQ(entry.value.sizes(), value.sizes()) << entry.name;
    Tensor target = entry.value;
    target.copy_(value);
  });
}

void expect_parameters(const ParameterSet& parameters, const Recording& recording,
                       const std::string& prefix) {
  for_each_parameter(parameters, recording, prefix, [&](const auto& entry, const Tensor& value) {
    const Tensor error = (entry.value.detach() - value).abs() / value.abs().clamp_min(1.0);
    EXPECT_LE(error.max().template item<double>(), kParameterTolerance) << prefix << entry.name;
  });
}

void expect_gradients(const ParameterSet& parameters, const Recording& recording,
                      const std::string& prefix) {
  for_each_parameter(parameters, recording, prefix, [&](const auto& entry, const Tensor& value) {
    expect_close(entry.value.grad(), value, prefix + entry.name);
  });
}

void expect_close(const Tensor& ours, const Tensor& theirs, const std::string& what,
                  double tolerance) {
  ASSERT_TRUE(ours.defined()) << what;
  ASSERT_EQ(ours.sizes(), theirs.sizes()) << what;
  const double largest = theirs.abs().max().item<double>();
  EXPECT_LE((ours.detach() - theirs).abs().max().item<double>(), tolerance * largest)
      << what << ", of numbers up to " << largest;
}

void expect_close(double ours, double theirs, const std::string& what) {
  EXPECT_NEAR(ours, theirs, kForwardTolerance * std::abs(theirs)) << what;
}

HeadConfig head_config(const Json& config, const std::string& prefix) {
  EXPECT_EQ(config.at(prefix + ".act"), "elu");
  HeadConfig head;
  head.hidden.assign(config.at(prefix + ".layers").get<std::size_t>(),
                     config.at(prefix + ".units").get<std::int64_t>());
  head.norm = config.at(prefix + ".norm");
  return head;
}

WorldModelConfig world_config(const Json& config) {
  const auto vision = [&](const std::string& prefix) {
    return VisionConfig{.cnn_depth = config.at(prefix + ".cnn_depth"),
                        .kernels = config.at(prefix + ".cnn_kernels"),
                        .mlp = config.at(prefix + ".mlp_layers"),
                        .norm = config.at(prefix + ".norm")};
  };
  const auto has_gradient = [&](const std::string& head) {
    const Json& heads = config.at("grad_heads");
    return std::find(heads.begin(), heads.end(), head) != heads.end();
  };
  WorldModelConfig model;
  const Json& discrete = config.at("rssm.discrete");
  model.rssm = {.hidden = config.at("rssm.hidden"),
                .deter = config.at("rssm.deter"),
                .stoch = config.at("rssm.stoch"),
                .classes = discrete.is_boolean() ? 0 : discrete.get<std::int64_t>(),
                .norm = config.at("rssm.norm"),
                .std_activation = config.at("rssm.std_act"),
                .min_std = config.at("rssm.min_std")};
  model.encoder = vision("encoder");
  model.decoder = vision("decoder");
  model.reward = head_config(config, "reward_head");
  model.discount = head_config(config, "discount_head");
  model.predicts_discount = config.at("pred_discount");
  model.decoder_gradient = has_gradient("decoder");
  model.reward_gradient = has_gradient("reward");
  model.discount_gradient = has_gradient("discount");
  model.reward_scale = config.at("loss_scales.reward");
  model.discount_scale = config.at("loss_scales.discount");
  model.reward_transform = config.at("clip_rewards");
  model.kl = {.free_nats = config.at("kl.free"),
              .free_average = config.at("kl.free_avg"),
              .forward = config.at("kl.forward"),
              .balance = config.at("kl.balance"),
              .scale = config.at("loss_scales.kl")};
  return model;
}

WorldShape world_shape(const Recording& forward) {
  WorldShape shape;
  for (const auto& [name, described] : forward.meta().at("tensors").items()) {
    if (!name.starts_with("in/")) continue;
    const auto& sizes = described.at(1);
    if (name == "in/action") {
      shape.action_dim = sizes.back();
    } else if (name == "in/image") {
      shape.image_channels = sizes.back();
    } else if (sizes.size() == 3) {
      shape.vectors.push_back({name.substr(3), sizes.back()});
    }
  }
  return shape;
}

KerasAdamConfig adam_config(const Json& config, const std::string& prefix) {
  EXPECT_EQ(config.at(prefix + "opt"), "adam");
  return {.learning_rate = config.at(prefix + "lr"),
          .epsilon = config.at(prefix + "eps"),
          .clip_norm = config.at(prefix + "clip"),
          .weight_decay = config.at(prefix + "wd")};
}

RssmState recorded_state(const Recording& recording, const std::string& prefix) {
  RssmState state;
  state.deter = recording.at(prefix + "deter");
  state.stoch = recording.at(prefix + "stoch");
  if (recording.contains(prefix + "logit")) {
    state.stats.logits = recording.at(prefix + "logit");
    state.stoch = state.stoch.flatten(-2);
  } else {
    state.stats.mean = recording.at(prefix + "mean");
    state.stats.std = recording.at(prefix + "std");
  }
  return state;
}

}  // namespace foresight

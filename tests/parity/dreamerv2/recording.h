// Recordings of the original DreamerV2 (danijar/dreamerv2 in TensorFlow): tensors by name,
// settings, and the way from Keras' layouts to ours. Sequences there are [B, T, ...], here [T, B,
// ...].
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "io/safetensors.h"
#include "nn/keras_adam.h"
#include "nn/parameters.h"
#include "nn/torch.h"
#include "world_model/rssm/rssm_world_model.h"

namespace foresight {

using Json = nlohmann::ordered_json;

// Of forward passes, losses and gradients: max|a - b| <= this * max|b|. The recordings' own
// reproduction in another program had 1e-5: sums of thousands of float32 numbers in another order.
inline constexpr double kForwardTolerance = 2e-5;
// Of parameters after a step: |a - b| <= this * max(1, |b|), the rounding of a float32 parameter.
inline constexpr double kParameterTolerance = 3e-7;

class Recording {
 public:
  // <folder>/dreamerv2/<name>.{json,safetensors}; the folder is FORESIGHT_FIXTURES or
  // tests/fixtures.
  explicit Recording(const std::string& name);

  const Json& meta() const { return meta_; }
  const Json& config() const { return meta_.at("config"); }
  bool contains(const std::string& name) const { return file_.contains(name); }
  Tensor at(const std::string& name) const;  // floats; pictures stay uint8
  Tensor sequence(const std::string& name) const { return at(name).transpose(0, 1).contiguous(); }
  std::vector<std::string> names(const std::string& prefix) const;
  // A weight, bias or gradient in our layout.
  Tensor parameter(const std::string& name) const;

 private:
  Json meta_;
  SafetensorsFile file_;
};

Json read_rules();

// "encoder/conv0/kernel" -> "encoder.conv0.weight".
std::string our_name(std::string name);

// Fills `parameters` from <prefix><name>; every one must be there.
void load_parameters(const ParameterSet& parameters, const Recording& recording,
                     const std::string& prefix);
// Compares all of them, or their gradients.
void expect_parameters(const ParameterSet& parameters, const Recording& recording,
                       const std::string& prefix);
void expect_gradients(const ParameterSet& parameters, const Recording& recording,
                      const std::string& prefix);

void expect_close(const Tensor& ours, const Tensor& theirs, const std::string& what,
                  double tolerance = kForwardTolerance);
void expect_close(double ours, double theirs, const std::string& what);

WorldModelConfig world_config(const Json& config);
WorldShape world_shape(const Recording& forward);
KerasAdamConfig adam_config(const Json& config, const std::string& prefix);
// "reward_head" and the like.
HeadConfig head_config(const Json& config, const std::string& prefix);

// state/*, start/* or the like of a file, as [N, ...].
RssmState recorded_state(const Recording& recording, const std::string& prefix);

}  // namespace foresight

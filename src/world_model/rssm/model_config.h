// Settings of DreamerV2's world model: [agent.model] in a config file. Defaults are those of the
// original's `defaults` block (danijar/dreamerv2, dreamerv2/configs.yaml).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.h"

namespace foresight {

struct RssmConfig {
  std::int64_t hidden = 1024;
  std::int64_t deter = 1024;
  std::int64_t stoch = 32;
  std::int64_t classes = 32;  // 0: Gaussian latents (Dreamer v1)
  std::string norm = "none";
  std::string std_activation = "sigmoid2";
  double min_std = 0.1;

  std::int64_t stoch_dim() const { return stoch * (classes > 0 ? classes : 1); }
  std::int64_t feature_dim() const { return stoch_dim() + deter; }
  void visit(FieldVisitor& v);
};

// Encoder or decoder.
struct VisionConfig {
  std::int64_t cnn_depth = 48;
  std::vector<std::int64_t> kernels;
  std::vector<std::int64_t> mlp{400, 400, 400, 400};
  std::string norm = "none";

  void visit(FieldVisitor& v);
};

struct HeadConfig {
  std::vector<std::int64_t> hidden{400, 400, 400, 400};
  std::string norm = "none";
  bool zero_init = false;

  void visit(FieldVisitor& v);
};

struct KlConfig {
  double free_nats = 0.0;
  bool free_average = true;
  bool forward = false;
  double balance = 0.8;
  double scale = 1.0;

  void visit(FieldVisitor& v);
};

struct WorldModelConfig {
  RssmConfig rssm;
  VisionConfig encoder{.kernels = {4, 4, 4, 4}};
  VisionConfig decoder{.kernels = {5, 5, 6, 6}};
  HeadConfig reward;
  HeadConfig discount;
  bool predicts_discount = true;
  // Whether the loss of a head shapes the latents.
  bool decoder_gradient = true;
  bool reward_gradient = true;
  bool discount_gradient = true;
  double reward_scale = 1.0;
  double discount_scale = 1.0;
  std::string reward_transform = "tanh";
  KlConfig kl;

  void visit(FieldVisitor& v);
};

// What the model is told of its world.
struct WorldShape {
  std::int64_t image_channels = 0;  // 0: no images; else 64 x 64 of them
  struct Vector {
    std::string name;
    std::int64_t size = 0;
  };
  std::vector<Vector> vectors;  // in the order in which they are laid side by side
  std::int64_t action_dim = 0;

  std::int64_t vector_dim() const;
};

inline constexpr std::int64_t kDreamerImageSize = 64;  // what the decoder's kernels come to

}  // namespace foresight

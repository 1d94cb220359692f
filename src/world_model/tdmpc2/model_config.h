// Shapes and forms of TD-MPC2's networks. The defaults are the official single-task agent of 5M
// parameters; the hockey project's variant is the same set of named options with other values.
// Sources: nicklashansen/tdmpc2@e9f5932 and the public student hockey project at 5341212.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.h"

namespace foresight {

struct Tdmpc2ModelConfig {
  std::int64_t latent_dim = 512;
  std::int64_t simnorm_dim = 8;
  std::vector<std::int64_t> encoder_hidden{256};
  std::vector<std::int64_t> dynamics_hidden{512, 512};
  std::vector<std::int64_t> reward_hidden{512, 512};
  std::vector<std::int64_t> policy_hidden{512, 512};
  std::vector<std::int64_t> q_hidden{512, 512};
  std::vector<std::int64_t> termination_hidden{512, 512};
  std::int64_t num_q = 5;
  std::int64_t num_bins = 101;
  double vmin = -10.0;
  double vmax = 10.0;
  double dropout = 0.01;
  std::string dropout_place = "before_norm";  // or after_norm
  bool encoder_norm = true;
  std::string policy_heads = "joint";  // or separate
  std::string log_std = "tanh";        // or clamp
  double log_std_min = -10.0;
  double log_std_max = 2.0;
  std::string termination = "none";            // or latent, latent_action
  std::string termination_network = "normed";  // or relu
  std::string target_init = "copy";            // or torch_default
  // Cloning networks whose actions the dynamics read; 0: the opponent is part of the environment.
  // Not a key of its own: the agent counts the opponents that it clones.
  std::int64_t num_opponents = 0;
  // Pictures of so many channels (stacked frames in colour) are encoded instead of numbers; 0:
  // none. Not a key either: the environment says what it shows.
  std::int64_t image_channels = 0;
  std::int64_t encoder_channels = 32;
  std::int64_t task_dim = 96;  // read with several tasks only
  // One entry a task: how many of the (padded) actions are its own. Empty: one task. Not a key of
  // its own either: the environment knows its tasks.
  std::vector<std::int64_t> task_action_dims = {};

  // Width of a task's embedding; 0 with one task.
  std::int64_t embedding_dim() const { return task_action_dims.empty() ? 0 : task_dim; }

  void visit(FieldVisitor& v) {
    const Range width{1, 16384};
    v.field("latent_dim", latent_dim, {1, 16384}, "numbers in a latent state");
    v.field("simnorm_dim", simnorm_dim, {1, 16384}, "entries of one SimNorm group");
    v.field("encoder_hidden", encoder_hidden, width, "hidden layers of the encoder");
    v.field("encoder_channels", encoder_channels, {1, 1024},
            "channels of the convolutions that encode pictures; latent_dim is 16 times as many");
    v.field("dynamics_hidden", dynamics_hidden, width, "hidden layers of the dynamics");
    v.field("reward_hidden", reward_hidden, width, "hidden layers of the reward head");
    v.field("policy_hidden", policy_hidden, width, "hidden layers of the policy");
    v.field("q_hidden", q_hidden, width, "hidden layers of each Q function");
    v.field("termination_hidden", termination_hidden, width, "hidden layers of the end predictor");
    v.field("num_q", num_q, {2, 64}, "Q functions in the ensemble");
    v.field("num_bins", num_bins, {0, 4096}, "bins of the two-hot code; 0 plain, 1 symlog");
    v.field("vmin", vmin, {-100, 100}, "lowest bin, in symlog units");
    v.field("vmax", vmax, {-100, 100}, "highest bin, in symlog units");
    v.field("dropout", dropout, {0, 0.9}, "of the first layer of each Q function");
    v.field("dropout_place", dropout_place, {"before_norm", "after_norm"},
            "where dropout acts: official before LayerNorm, hockey after it");
    v.field("encoder_norm", encoder_norm, "LayerNorm before the encoder's SimNorm");
    v.field("policy_heads", policy_heads, {"joint", "separate"},
            "one output for mean and log-std, or a linear layer each");
    v.field("log_std", log_std, {"tanh", "clamp"}, "how the policy's log-std is kept in bounds");
    v.field("log_std_min", log_std_min, {-30, 5}, "lower bound of the log-std");
    v.field("log_std_max", log_std_max, {-30, 5}, "upper bound of the log-std");
    v.field("termination", termination, {"none", "latent", "latent_action"},
            "what predicts the end: nothing, the next latent, or latent and action");
    v.field("termination_network", termination_network, {"normed", "relu"},
            "layers of that predictor: LayerNorm and Mish (official) or ReLU (hockey)");
    v.field("task_dim", task_dim, {1, 16384},
            "numbers in a task's embedding, where the environment has several tasks");
    v.field("target_init", target_init, {"copy", "torch_default"},
            "the target ensemble starts as a copy, or from PyTorch's default (hockey)");
  }
};

}  // namespace foresight

// Raw views of the networks that score action sequences in TD-MPC2, and the options that tell the
// official algorithm and the hockey variant apart. No memory is owned here.
// Axes: Z latent, A action.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/normed_activation/activation.h"

namespace foresight {

// y = activation(layer_norm(weight x + bias)), LayerNorm with eps 1e-5 over the outputs.
struct LayerView {
  const float* weight = nullptr;       // [num_outputs, num_inputs], row-major
  const float* bias = nullptr;         // [num_outputs]
  const float* norm_weight = nullptr;  // [num_outputs]; null: no LayerNorm
  const float* norm_bias = nullptr;    // [num_outputs]
  std::int64_t num_inputs = 0;
  std::int64_t num_outputs = 0;
  Activation activation = Activation::kNone;
};
using MlpView = std::vector<LayerView>;

// Imitates an opponent, which plays tanh(mean).
struct OpponentView {
  MlpView trunk;   // z -> hidden
  LayerView mean;  // hidden -> A
};

// Inputs are concatenated in the order [z, a].
struct RolloutNetworks {
  MlpView encoder;           // observation -> z; empty: encode() is not used
  MlpView dynamics;          // [z, a] -> z
  MlpView reward;            // [z, a] -> num_bins logits
  MlpView termination;       // z or [z, a] -> 1 logit; empty without termination
  MlpView policy_trunk;      // z -> hidden
  LayerView policy_mean;     // hidden -> A. The official head of 2A outputs is given as two views:
  LayerView policy_log_std;  // hidden -> A. rows [0, A) and rows [A, 2A) of its weight and bias.
  std::vector<MlpView> q;    // every member of the ensemble that plans (online or target)
  std::vector<OpponentView> opponents;  // if any, the dynamics read [z, a, the opponent's a]
};

struct RolloutOptions {
  std::int64_t latent_dim = 0;
  std::int64_t action_dim = 0;
  std::int64_t simnorm_dim = 8;  // entries in a simplex; divides latent_dim
  std::int64_t num_bins = 101;   // >= 2
  float vmin = -10.0f;           // in symlog space
  float vmax = 10.0f;
  float discount = 0.99f;  // gamma of one step

  enum class Termination {
    kNone,
    kThreshold,   // done = min(1, done + [sigmoid(logit) > 0.5])   (official, episodic)
    kProbability  // done = clip(done + sigmoid(logit), 0, 1)       (hockey)
  };
  Termination termination = Termination::kNone;

  // The head is read after the reward of its step was counted.
  enum class TerminationInput {
    kNextLatent,      // z_{h+1}
    kLatentAndAction  // [z_h, a_h]: the older hockey form
  };
  TerminationInput termination_input = TerminationInput::kNextLatent;

  enum class LastAction {
    kSample,  // a_H ~ policy(z_H)  (official)
    kMean     // a_H = tanh(mean)   (hockey)
  };
  LastAction last_action = LastAction::kSample;

  enum class LogStd {
    kTanh,  // min + (max - min) (tanh(l) + 1) / 2
    kClamp  // min(max(l, min), max)
  };
  LogStd log_std = LogStd::kTanh;
  float min_log_std = -10.0f;
  float max_log_std = 2.0f;
};

}  // namespace foresight

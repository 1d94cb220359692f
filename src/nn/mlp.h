// The one block every network of TD-MPC2 is made of: linear, LayerNorm, activation; alone or as an
// ensemble of E with stacked weights.
// Reference: nicklashansen/tdmpc2@e9f5932, common/layers.py, NormedLinear, mlp, Ensemble, SimNorm.
// Axes: R rows (any number of leading axes), E ensemble members.
#pragma once

#include <string>
#include <vector>

#include "kernels/normed_activation/activation.h"
#include "nn/parameters.h"

namespace foresight {

// Where dropout acts in the first layer: the official code before the LayerNorm, the hockey project
// after it.
enum class DropoutPlace { kBeforeNorm, kAfterNorm };

struct MlpConfig {
  std::int64_t in_dim = 0;
  std::vector<std::int64_t> hidden;
  std::int64_t out_dim = 0;
  Activation hidden_activation = Activation::kMish;
  bool hidden_norm = true;
  Activation out_activation = Activation::kNone;
  bool out_norm = false;
  Init out_init = Init::kNormal;  // of the last weight
  std::int64_t simnorm_dim = 8;
  DropoutPlace dropout_place = DropoutPlace::kBeforeNorm;
};

// x [..., Z] -> softmax within groups of `group` consecutive entries.
Tensor simnorm(const Tensor& x, std::int64_t group);

struct MlpLayer {
  std::size_t weight = 0;  // [out, in] or [E, out, in]
  std::size_t bias = 0;    // [out] or [E, out]
  std::size_t norm_weight = 0;
  std::size_t norm_bias = 0;
  std::int64_t in_dim = 0;
  std::int64_t out_dim = 0;
  bool has_norm = false;
  Activation activation = Activation::kNone;
};

class Mlp {
 public:
  Mlp() = default;
  // Declares `<name>.<layer>.{weight,bias,norm.weight,norm.bias}` in `parameters`.
  Mlp(ParameterSet& parameters, const std::string& name, MlpConfig config,
      std::int64_t num_members = 0);

  // Without ensemble: x [..., in] -> [..., out].
  Tensor forward(const ParameterSet& parameters, const Tensor& x) const;

  struct EnsembleOptions {
    Tensor members;       // [K] int64: these members only; undefined: all E
    Tensor dropout_mask;  // [K or E, R, hidden0], entries 0 or 1 / (1 - p); undefined: none
    bool frozen = false;  // parameters as constants: gradients reach x only
  };
  // x [..., in] -> [K or E, ..., out].
  Tensor forward_ensemble(const ParameterSet& parameters, const Tensor& x,
                          const EnsembleOptions& options) const;

  const MlpConfig& config() const { return config_; }
  const std::vector<MlpLayer>& layers() const { return layers_; }
  std::int64_t num_members() const { return num_members_; }
  std::int64_t num_parameters() const;
  // One line a layer, for `describe`.
  std::vector<std::string> describe() const;

 private:
  MlpConfig config_;
  std::int64_t num_members_ = 0;
  std::vector<MlpLayer> layers_;
};

}  // namespace foresight

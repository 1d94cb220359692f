// Recurrent state-space model: a state has a deterministic part, carried by a GRU, and a stochastic
// one, whose prior is predicted from it and whose posterior also sees the observation.
// Reference: danijar/dreamerv2, common/nets.py, EnsembleRSSM; Hafner et al. 2021, section 2.1.
// Axes: T steps, B rows, Z stochastic (flat), D deterministic, E embedding, A action.
#pragma once

#include "nn/dense.h"
#include "nn/recurrent_linear.h"
#include "world_model/rssm/latent.h"
#include "world_model/rssm/normed_gru.h"

namespace foresight {

struct RssmState {
  LatentStats stats;  // that `stoch` was drawn from; undefined at the start
  Tensor stoch;       // [..., Z]
  Tensor deter;       // [..., D]

  Tensor features() const { return torch::cat({stoch, deter}, -1); }  // [..., Z + D]
};

// A sequence as it was observed.
struct RssmSequence {
  RssmState posterior;  // [T, B, ...]
  LatentStats prior;    // [T, B, ...], of the same steps, before their observations
};

class Rssm {
 public:
  Rssm(ParameterSet& parameters, const RssmConfig& config, std::int64_t embed_dim,
       std::int64_t action_dim);

  RssmState initial(std::int64_t num_rows, const torch::TensorOptions& options) const;  // zeros
  // One step without an observation: prev [B, ...], action [B, A], noise of the prior.
  RssmState imagine(const Weights& weights, const RssmState& prev, const Tensor& action,
                    const Tensor& noise) const;
  // One step with one: where is_first [B] is 1, state and action before it count as zeros.
  RssmState observe_step(const Weights& weights, const RssmState& prev, const Tensor& action,
                         const Tensor& embed, const Tensor& is_first, const Tensor& noise) const;
  // A sequence: embed [T, B, E], action [T, B, A] (that led to the observation), is_first [T, B],
  // noise of the posterior [T, B, ...].
  RssmSequence observe(const Weights& weights, const RssmState& start, const Tensor& embed,
                       const Tensor& action, const Tensor& is_first, const Tensor& noise) const;

  const RssmConfig& config() const { return config_; }
  std::vector<std::string> describe() const;

 private:
  // The layers that the recurrence passes at each step, for one pass over a sequence.
  struct CarriedLayers {
    RecurrentLinear stoch;      // img_in's part for the stochastic state
    RecurrentLinear gru;        // the cell's
    RecurrentLinear deter;      // obs_out's part for the deterministic state
    RecurrentLinear posterior;  // obs_dist
  };
  CarriedLayers carried(const Weights& weights) const;
  // [B, Z], [B, hidden]: action's part of the product -> the next deterministic state.
  Tensor recur(const Weights& weights, const CarriedLayers& carried, const Tensor& stoch,
               const Tensor& action_part, const Tensor& deter) const;
  LatentStats prior(const Weights& weights, const Tensor& deter) const;
  LatentStats posterior(const Weights& weights, const CarriedLayers& carried, const Tensor& deter,
                        const Tensor& embed_part) const;
  // Products with the parts of a layer's input that are known before the recurrence.
  Tensor action_part(const Weights& weights, const Tensor& action) const;
  Tensor embed_part(const Weights& weights, const Tensor& embed) const;

  RssmConfig config_;
  HiddenLayer img_in_;
  NormedGru gru_;
  HiddenLayer img_out_;
  Dense img_dist_;
  HiddenLayer obs_out_;
  Dense obs_dist_;
};

}  // namespace foresight

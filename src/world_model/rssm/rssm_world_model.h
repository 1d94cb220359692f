// DreamerV2's world model: encoder, recurrent state-space model, decoder, reward and discount
// heads, and the loss that they are all learned by. Reference: danijar/dreamerv2,
// dreamerv2/agent.py, WorldModel; Hafner et al. 2021, equation 2. Axes: T steps, B sequences, A
// action, C channels, V numbers of all vectors, N rows.
#pragma once

#include <optional>

#include "world_model/rssm/decoder.h"
#include "world_model/rssm/encoder.h"
#include "world_model/rssm/rssm.h"
#include "world_model/rssm/scalar_head.h"

namespace foresight {

// Sequences of what was seen, time first. A step's action led to its observation.
struct WorldBatch {
  Tensor image;        // [T, B, C, 64, 64] uint8; undefined without images
  Tensor vectors;      // [T, B, V]; undefined without vectors
  Tensor action;       // [T, B, A]
  Tensor reward;       // [T, B], as the environment gave it
  Tensor is_first;     // [T, B], 1 where an episode or a sequence begins
  Tensor is_terminal;  // [T, B], 1 where nothing comes after
};

// What the loss was made of; tensors of one number unless said otherwise.
struct WorldModelLoss {
  Tensor total;
  KlLoss kl;                    // kl.value [T, B]
  Tensor image;                 // undefined without images
  std::vector<Tensor> vectors;  // one a vector
  Tensor reward;
  Tensor discount;  // undefined without that head
  RssmSequence sequence;
  Tensor embed;                   // [T, B, E]
  Tensor features;                // [T, B, F]
  Reconstruction reconstruction;  // of T * B rows
  Tensor reward_mean;             // [T, B]
  Tensor discount_logit;          // [T, B]
};

class RssmWorldModel {
 public:
  // Declares encoder., rssm., decoder., reward., discount.; the caller builds `parameters`.
  RssmWorldModel(ParameterSet& parameters, const WorldModelConfig& config, const WorldShape& shape);

  RssmWorldModel(const RssmWorldModel&) = delete;  // it may point to its own rank

  // From now on a batch is this rank's share of one, and its loss a part of that one's: gradients
  // are to be averaged.
  void join(Ranks& ranks) { ranks_ = &ranks; }

  // discount: gamma, what the discount head learns where the episode goes on. start [B, ...] is the
  // state before the first step; noise of the posteriors [T, B, ...].
  WorldModelLoss loss(const Weights& weights, const WorldBatch& batch, const RssmState& start,
                      const Tensor& noise, double discount) const;

  // image [N, C, 64, 64] uint8, vectors [N, V] -> [N, E]; either may be undefined.
  Tensor embed(const Weights& weights, const Tensor& image, const Tensor& vectors) const;
  // The reward as it is learned: tanh, sign or itself.
  Tensor transformed(const Tensor& reward) const;

  const Rssm& rssm() const { return rssm_; }
  const Encoder& encoder() const { return encoder_; }
  const Decoder& decoder() const { return decoder_; }
  const ScalarHead& reward() const { return reward_; }
  const std::optional<ScalarHead>& discount() const { return discount_; }  // its logit
  const WorldModelConfig& config() const { return config_; }
  const WorldShape& shape() const { return shape_; }

 private:
  void add_reconstruction(const Weights& weights, const WorldBatch& batch, const Tensor& features,
                          WorldModelLoss& result) const;
  void add_heads(const Weights& weights, const WorldBatch& batch, const Tensor& features,
                 double discount, WorldModelLoss& result) const;

  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  WorldModelConfig config_;
  WorldShape shape_;
  Encoder encoder_;
  Rssm rssm_;
  Decoder decoder_;
  ScalarHead reward_;
  std::optional<ScalarHead> discount_;
};

// uint8 -> [-0.5, 0.5].
Tensor centred_image(const Tensor& image);

}  // namespace foresight

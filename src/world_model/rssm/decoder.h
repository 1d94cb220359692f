// Latent features -> mean of the observation, a normal distribution of deviation 1: transposed
// convolutions for an image, dense layers for vectors.
// Reference: danijar/dreamerv2, common/nets.py, Decoder. Axes: N rows, F features.
#pragma once

#include "world_model/rssm/encoder.h"

namespace foresight {

struct Reconstruction {
  Tensor image;                 // [N, C, 64, 64]; undefined without one
  std::vector<Tensor> vectors;  // [N, size] each, as in the WorldShape
};

class Decoder {
 public:
  Decoder(ParameterSet& parameters, const VisionConfig& config, const WorldShape& shape,
          std::int64_t feature_dim);

  Reconstruction forward(const Weights& weights, const Tensor& features) const;  // [N, F]
  // The projection and the activations of each layer, for tests.
  std::vector<Tensor> deconvolve(const Weights& weights, const Tensor& features) const;
  std::vector<std::string> describe() const;

 private:
  Dense project_;
  std::vector<Convolution> convolutions_;
  HiddenStack mlp_;
  std::vector<Dense> outs_;
};

// log N(target; mean, 1), summed over all but the first axis: [N].
Tensor unit_normal_log_prob(const Tensor& mean, const Tensor& target);

}  // namespace foresight

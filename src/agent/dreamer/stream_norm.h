// Divides numbers by a running mean of their size. A momentum of 1 leaves them alone.
// Reference: danijar/dreamerv2, common/other.py, StreamNorm.
#pragma once

#include "base/ranks.h"
#include "base/tensor.h"
#include "config/fields.h"

namespace foresight {

struct StreamNormConfig {
  double momentum = 1.0;
  double scale = 1.0;
  double epsilon = 1e-8;

  void visit(FieldVisitor& v) {
    v.field("momentum", momentum, {0, 1}, "of the mean size of rewards; 1: never moves");
    v.field("scale", scale, {0, 1e6}, "size of rewards after it");
    v.field("epsilon", epsilon, {0, 1}, "added to the size");
  }
};

class StreamNorm {
 public:
  // Its numbers lie on that device, where a CUDA graph can move them.
  StreamNorm(const StreamNormConfig& config, const at::Device& device);
  // Learns from the values, and as many of each other rank, then scales them.
  Tensor operator()(const Tensor& values, Ranks& ranks);
  double magnitude() const;
  void set_magnitude(double magnitude);

 private:
  StreamNormConfig config_;
  Tensor magnitude_;  // [], double
};

}  // namespace foresight

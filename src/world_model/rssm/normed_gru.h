// The recurrent cell: a GRU whose gates pass one LayerNorm together, and whose reset gate acts on
// the candidate itself instead of the state.
//   reset | candidate | update = LayerNorm(W [x, h] + b);  c = tanh(sigmoid(reset) candidate)
//   u = sigmoid(update - 1);  h' = u c + (1 - u) h
// Reference: danijar/dreamerv2, common/nets.py, GRUCell. Axes: B rows, X input, S state.
#pragma once

#include "nn/dense.h"

namespace foresight {

class NormedGru {
 public:
  NormedGru() = default;
  // Declares `<name>.dense.{weight,bias}`, `<name>.norm.{weight,bias}`.
  NormedGru(ParameterSet& parameters, const std::string& name, std::int64_t in_dim,
            std::int64_t size);

  // x [B, X], h [B, S] -> h' [B, S].
  Tensor forward(const Weights& weights, const Tensor& x, const Tensor& h) const;
  // The same when the dense layer's output [B, 3 S] is there already.
  Tensor gate(const Weights& weights, const Tensor& product, const Tensor& h) const;
  const Dense& dense() const { return dense_; }  // of [x, h]
  std::string describe() const;

 private:
  Dense dense_;
  KerasLayerNorm norm_;
};

}  // namespace foresight

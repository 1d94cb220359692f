#include "world_model/rssm/normed_gru.h"

#include <fmt/format.h>

namespace foresight {

NormedGru::NormedGru(ParameterSet& parameters, const std::string& name, std::int64_t in_dim,
                     std::int64_t size)
    : dense_(parameters, name + ".dense", in_dim + size, 3 * size),
      norm_(parameters, name + ".norm", 3 * size) {}

Tensor NormedGru::forward(const Weights& weights, const Tensor& x, const Tensor& h) const {
  return gate(weights, dense_.forward(weights, torch::cat({x, h}, -1)), h);
}

Tensor NormedGru::gate(const Weights& weights, const Tensor& product, const Tensor& h) const {
  const Tensor gates = norm_.forward(weights, product);
  const auto parts = gates.chunk(3, -1);
  const Tensor candidate = (parts[0].sigmoid() * parts[1]).tanh();
  const Tensor update = (parts[2] - 1.0).sigmoid();
  return update * candidate + (1.0 - update) * h;
}

std::string NormedGru::describe() const {
  return fmt::format("GRU {} -> {}, LayerNorm of the gates", dense_.in_dim(), dense_.out_dim() / 3);
}

}  // namespace foresight

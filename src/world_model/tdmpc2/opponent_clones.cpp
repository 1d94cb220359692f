#include "world_model/tdmpc2/opponent_clones.h"

#include <fmt/format.h>

#include "base/error.h"

namespace foresight {

OpponentClones::OpponentClones(const Tdmpc2ModelConfig& config, std::int64_t action_dim,
                               const torch::Device& device, std::uint64_t seed)
    : action_dim_(action_dim), clones_(static_cast<std::size_t>(config.num_opponents)) {
  for (std::int64_t k = 0; k < size(); ++k) {
    const std::string name = fmt::format("opponent{}", k);
    at(k).network = PolicyNetwork(at(k).parameters, name, config, action_dim);
    Rng rng(seed, "world_model/" + name);
    at(k).parameters.build(device, /*trainable=*/true, rng);
  }
}

Tensor OpponentClones::mean_action(std::int64_t k, const Tensor& z) const {
  return at(k).network.mean(at(k).parameters, z).tanh();
}

Tensor OpponentClones::act(const Tensor& z, const Tensor& ids) const {
  const torch::NoGradGuard no_grad;
  FS_CHECK(ids.sizes() == z.sizes().slice(0, static_cast<std::size_t>(z.dim() - 1)),
           "{} opponents for {} latent states", ids.numel(), z.numel() / z.size(-1));
  const Tensor rows = z.reshape({-1, z.size(-1)});  // [R, Z]
  const Tensor row_ids = ids.reshape({-1});         // [R]
  auto shape = z.sizes().vec();
  shape.back() = action_dim_;
  return (z.is_cpu() ? act_by_groups(rows, row_ids) : act_by_masks(rows, row_ids)).view(shape);
}

Tensor OpponentClones::act_by_groups(const Tensor& rows, const Tensor& ids) const {
  Tensor actions = torch::empty({rows.size(0), action_dim_}, rows.options());
  for (std::int64_t k = 0; k < size(); ++k) {
    const Tensor index = (ids == k).nonzero().squeeze(-1);
    if (index.numel() > 0) {
      actions.index_copy_(0, index, mean_action(k, rows.index_select(0, index)));
    }
  }
  return actions;
}

Tensor OpponentClones::act_by_masks(const Tensor& rows, const Tensor& ids) const {
  Tensor actions = torch::zeros({rows.size(0), action_dim_}, rows.options());
  for (std::int64_t k = 0; k < size(); ++k) {
    actions = torch::where((ids == k).unsqueeze(-1), mean_action(k, rows), actions);
  }
  return actions;
}

}  // namespace foresight

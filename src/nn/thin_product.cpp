#include "nn/thin_product.h"

#include <algorithm>

#include "base/error.h"
#include "nn/compute_team.h"
#include "nn/torch.h"

namespace foresight {

ThinProduct::ThinProduct(const Tensor& weight) {
  const torch::NoGradGuard no_grad;
  const Tensor rows = weight.contiguous();
  const Tensor bias = torch::zeros({rows.size(0)}, rows.options());
  layer_.reserve(rows.size(1), rows.size(0), cpu_level());
  compute_team().run(layer_.num_panels(), [&](std::int64_t panel, int) {
    layer_.pack_panel(panel, rows.const_data_ptr<float>(), bias.const_data_ptr<float>());
  });
}

Tensor ThinProduct::operator()(const Tensor& x, const Tensor& addend) const {
  FS_CHECK(x.dim() == 2 && x.size(1) == layer_.num_inputs(), "rows of {} for a layer of {} inputs",
           x.size(-1), layer_.num_inputs());
  const torch::NoGradGuard no_grad;
  const Tensor inputs = x.contiguous();
  Tensor y = torch::zeros({x.size(0), layer_.padded_outputs()}, x.options());
  const Tensor result = y.narrow(1, 0, layer_.num_outputs());
  if (addend.defined()) result.copy_(addend);
  const PackedLinear::Rows rows{.x = inputs.const_data_ptr<float>(),
                                .x_stride = layer_.num_inputs(),
                                .num_rows = x.size(0),
                                .y = y.data_ptr<float>(),
                                .y_stride = layer_.padded_outputs()};
  ThreadTeam& team = compute_team();
  const std::int64_t num_panels = layer_.num_panels();
  const std::int64_t num_tasks = std::min<std::int64_t>(team.size(), num_panels);
  team.run(num_tasks, [&](std::int64_t task, int) {
    const std::int64_t first = num_panels * task / num_tasks;
    layer_.add_panels(rows, first, num_panels * (task + 1) / num_tasks - first);
  });
  return result;
}

}  // namespace foresight

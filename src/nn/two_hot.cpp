#include "nn/two_hot.h"

#include "base/error.h"
#include "kernels/two_hot/two_hot.h"
#include "nn/compute_team.h"
#include "nn/torch.h"

namespace foresight {
namespace {

// Loss and its gradient in one pass over the logits. logits [..., K], target [..., 1].
class FusedCrossEntropy : public torch::autograd::Function<FusedCrossEntropy> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& logits,
                        const Tensor& target, std::int64_t num_bins, double vmin, double vmax) {
    FS_CHECK(logits.numel() == target.numel() * num_bins, "{} logits for {} targets",
             logits.numel(), target.numel());
    const TwoHot op{
        .num_bins = num_bins, .vmin = static_cast<float>(vmin), .vmax = static_cast<float>(vmax)};
    Tensor loss = torch::empty_like(target);
    Tensor slope = torch::empty_like(logits);
    two_hot_cross_entropy(op, target.numel(), logits.data_ptr<float>(), target.data_ptr<float>(),
                          loss.data_ptr<float>(), slope.data_ptr<float>(), compute_team());
    context->save_for_backward({slope});
    return loss;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    return {context->get_saved_variables()[0] * grads[0], {}, {}, {}, {}};
  }
};

}  // namespace

Tensor symlog(const Tensor& x) { return x.sign() * x.abs().log1p(); }

// exp(|x|) - 1 and not expm1: the reference's rounding.
Tensor symexp(const Tensor& x) { return x.sign() * (x.abs().exp() - 1); }

Tensor two_hot(const Tensor& x, const TwoHotConfig& config) {
  if (config.num_bins == 0) return x;
  if (config.num_bins == 1) return symlog(x);
  const Tensor y = symlog(x).clamp(config.vmin, config.vmax);
  const Tensor position = (y - config.vmin) / config.bin_size();  // [..., 1]
  const Tensor lower = position.floor();
  const Tensor fraction = position - lower;
  const Tensor index = lower.to(torch::kLong);
  auto shape = x.sizes().vec();
  shape.back() = config.num_bins;
  Tensor result = torch::zeros(shape, x.options());
  result.scatter_(-1, index, 1 - fraction);
  result.scatter_(-1, (index + 1).remainder(config.num_bins), fraction);
  return result;
}

Tensor two_hot_inverse(const Tensor& logits, const TwoHotConfig& config) {
  if (config.num_bins == 0) return logits;
  if (config.num_bins == 1) return symexp(logits);
  const Tensor bins =
      torch::linspace(config.vmin, config.vmax, config.num_bins, logits.options());  // [K]
  return symexp((logits.softmax(-1) * bins).sum(-1, /*keepdim=*/true));
}

Tensor soft_cross_entropy_plain(const Tensor& logits, const Tensor& target,
                                const TwoHotConfig& config) {
  return -(two_hot(target, config) * logits.log_softmax(-1)).sum(-1, /*keepdim=*/true);
}

Tensor soft_cross_entropy(const Tensor& logits, const Tensor& target, const TwoHotConfig& config) {
  if (!logits.device().is_cpu() || config.num_bins < 2) {
    return soft_cross_entropy_plain(logits, target, config);
  }
  return FusedCrossEntropy::apply(logits.contiguous(), target.contiguous(), config.num_bins,
                                  config.vmin, config.vmax);
}

}  // namespace foresight

#include "nn/normed_activation.h"

#include <optional>

#include "base/error.h"
#include "kernels/normed_activation/normed_activation.h"
#include "kernels/normed_activation/normed_activation_cuda.h"
#include "nn/compute_team.h"
#include "nn/graph_recorder.h"
#include "nn/mlp.h"
#include "nn/torch.h"

namespace foresight {
namespace {

constexpr double kNormEpsilon = 1e-5;

Tensor activate(const Tensor& x, Activation activation, std::int64_t simnorm_dim) {
  if (activation == Activation::kMish) return torch::mish(x);
  if (activation == Activation::kSimNorm) return simnorm(x, simnorm_dim);
  if (activation == Activation::kRelu) return torch::relu(x);
  return x;
}

// The plain form, on any device: the meaning.
Tensor plain(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
             std::int64_t simnorm_dim, const Tensor& dropout_mask) {
  const Tensor normed = torch::layer_norm(x, {x.size(-1)}, {}, {}, kNormEpsilon);
  const Tensor scaled = torch::addcmul(bias.unsqueeze(-2), normed, weight.unsqueeze(-2));
  return activate(dropout_mask.defined() ? scaled * dropout_mask : scaled, activation, simnorm_dim);
}

// One pass forward, one backward. x [E, R, D], weight and bias [E, D]; dropout_mask [E, R, D] on
// the CPU only, or undefined.
class Fused : public torch::autograd::Function<Fused> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x,
                        const Tensor& weight, const Tensor& bias, const std::optional<Tensor>& mask,
                        std::int64_t activation, std::int64_t simnorm_dim) {
    const Tensor dropout_mask = mask.value_or(Tensor());
    Tensor y = torch::empty_like(x);
    Tensor statistics = torch::empty({2, x.size(0), x.size(1)}, x.options());  // mean, 1 / std
    if (x.is_cuda()) {
      normed_activation_forward_cuda(all_members(x, weight, bias, activation, simnorm_dim),
                                     x.data_ptr<float>(), y.data_ptr<float>(),
                                     row_data(statistics, 0), row_data(statistics, 1));
    }
    for (std::int64_t e = 0; x.is_cpu() && e < x.size(0); ++e) {
      normed_activation_forward(member(x, weight, bias, dropout_mask, e, activation, simnorm_dim),
                                row_data(x, e), row_data(y, e), statistics[0][e].data_ptr<float>(),
                                statistics[1][e].data_ptr<float>(), compute_team());
    }
    context->save_for_backward({x, weight, bias, statistics, dropout_mask});
    context->saved_data["activation"] = activation;
    context->saved_data["simnorm_dim"] = simnorm_dim;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &bias = saved[2], &statistics = saved[3];
    const Tensor& dropout_mask = saved[4];
    const std::int64_t activation = context->saved_data["activation"].toInt();
    const std::int64_t simnorm_dim = context->saved_data["simnorm_dim"].toInt();
    const Tensor grad_y = grads[0].contiguous();
    Tensor grad_x = torch::empty_like(x);
    Tensor grad_weight = torch::empty_like(weight);
    Tensor grad_bias = torch::empty_like(bias);
    if (x.is_cuda()) {
      const auto op = all_members(x, weight, bias, activation, simnorm_dim);
      Tensor scratch = torch::empty({normed_activation_scratch_cuda(op)}, x.options());
      normed_activation_backward_cuda(op, {.grad_y = grad_y.data_ptr<float>(),
                                           .x = x.data_ptr<float>(),
                                           .mean = row_data(statistics, 0),
                                           .rstd = row_data(statistics, 1),
                                           .grad_x = grad_x.data_ptr<float>(),
                                           .grad_norm_weight = grad_weight.data_ptr<float>(),
                                           .grad_norm_bias = grad_bias.data_ptr<float>(),
                                           .scratch = scratch.data_ptr<float>()});
      return {grad_x, grad_weight, grad_bias, {}, {}, {}};
    }
    Tensor scratch = torch::empty({normed_activation_scratch(x.size(2))});
    for (std::int64_t e = 0; e < x.size(0); ++e) {
      normed_activation_backward(member(x, weight, bias, dropout_mask, e, activation, simnorm_dim),
                                 {.grad_y = row_data(grad_y, e),
                                  .x = row_data(x, e),
                                  .mean = statistics[0][e].data_ptr<float>(),
                                  .rstd = statistics[1][e].data_ptr<float>(),
                                  .grad_x = row_data(grad_x, e),
                                  .grad_norm_weight = row_data(grad_weight, e),
                                  .grad_norm_bias = row_data(grad_bias, e),
                                  .scratch = scratch.data_ptr<float>()},
                                 compute_team());
    }
    return {grad_x, grad_weight, grad_bias, {}, {}, {}};
  }

 private:
  // Where member e of a stacked tensor begins.
  static float* row_data(const Tensor& tensor, std::int64_t e) {
    return tensor.data_ptr<float>() + e * tensor.stride(0);
  }

  static NormedActivationCuda all_members(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                          std::int64_t activation, std::int64_t simnorm_dim) {
    return {.num_members = x.size(0),
            .num_rows = x.size(1),
            .num_features = x.size(2),
            .activation = static_cast<Activation>(activation),
            .simnorm_dim = simnorm_dim,
            .norm_weight = weight.data_ptr<float>(),
            .norm_bias = bias.data_ptr<float>(),
            .stream = current_stream(x.device())};
  }

  static NormedActivation member(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                 const Tensor& dropout_mask, std::int64_t e,
                                 std::int64_t activation, std::int64_t simnorm_dim) {
    return {.num_rows = x.size(1),
            .num_features = x.size(2),
            .activation = static_cast<Activation>(activation),
            .simnorm_dim = simnorm_dim,
            .norm_weight = row_data(weight, e),
            .norm_bias = row_data(bias, e),
            .dropout_mask = dropout_mask.defined() ? row_data(dropout_mask, e) : nullptr};
  }
};

// Where one of the kernels can work; the one place that tells devices apart.
bool is_fused(const Tensor& x, Activation activation, const Tensor& dropout_mask) {
  if (x.is_cpu()) return !dropout_mask.defined() || activation != Activation::kSimNorm;
  return x.is_cuda() && has_normed_activation_cuda() && !dropout_mask.defined();
}

}  // namespace

Tensor normed_activation_ensemble(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                  Activation activation, std::int64_t simnorm_dim,
                                  const Tensor& dropout_mask) {
  FS_CHECK(x.dim() == 3 && weight.dim() == 2 && weight.size(0) == x.size(0) &&
               weight.size(1) == x.size(2),
           "stacked rows and weights do not fit");
  FS_CHECK(!dropout_mask.defined() || dropout_mask.sizes() == x.sizes(),
           "a dropout mask of another size than the rows");
  if (!is_fused(x, activation, dropout_mask)) {
    return plain(x, weight, bias, activation, simnorm_dim, dropout_mask);
  }
  std::optional<Tensor> mask;  // an undefined tensor would be none that autograd takes
  if (dropout_mask.defined()) mask = dropout_mask.contiguous();
  return Fused::apply(x.contiguous(), weight.contiguous(), bias.contiguous(), mask,
                      static_cast<std::int64_t>(activation), simnorm_dim);
}

Tensor normed_activation(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         Activation activation, std::int64_t simnorm_dim) {
  return normed_activation_ensemble(x.unsqueeze(0), weight.unsqueeze(0), bias.unsqueeze(0),
                                    activation, simnorm_dim)
      .squeeze(0);
}

Tensor normed_activation_plain(const Tensor& x, const Tensor& weight, const Tensor& bias,
                               Activation activation, std::int64_t simnorm_dim,
                               const Tensor& dropout_mask) {
  return plain(x, weight, bias, activation, simnorm_dim, dropout_mask);
}

}  // namespace foresight

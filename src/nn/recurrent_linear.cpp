#include "nn/recurrent_linear.h"

#include "nn/dense.h"
#include "nn/linear.h"

namespace foresight {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using RecordPointer = c10::intrusive_ptr<LinearRecord>;

RecordPointer record_of(AutogradContext* context) {
  return c10::static_intrusive_pointer_cast<LinearRecord>(
      context->saved_data["record"].toCapsule());
}

bool is_packed(const Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kFloat32; }

const ThinProduct& packed(std::optional<ThinProduct>& product, const Tensor& weight) {
  if (!product) product.emplace(weight);
  return *product;
}

// Every step depends on what this returns, so that it runs backward after all of them.
struct GatherGradients : torch::autograd::Function<GatherGradients> {
  static Tensor forward(AutogradContext* context, const Tensor& weight,
                        const RecordPointer& record) {
    context->saved_data["record"] = c10::IValue::make_capsule(record);
    return torch::zeros({1}, weight.options());
  }
  static variable_list backward(AutogradContext* context, const variable_list& /*gradients*/) {
    const RecordPointer record = record_of(context);
    if (record->inputs.empty()) return {Tensor(), Tensor()};
    const Tensor product =
        linear_weight_gradient(torch::cat(record->gradients), torch::cat(record->inputs));
    record->inputs.clear();
    record->gradients.clear();
    return {product, Tensor()};
  }
};

struct Step : torch::autograd::Function<Step> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& addend,
                        const Tensor& /*handle*/, const Tensor& weight,
                        const RecordPointer& record) {
    context->save_for_backward({x, weight});
    context->saved_data["record"] = c10::IValue::make_capsule(record);
    context->saved_data["is_bias"] = addend.dim() == 1;
    if (!is_packed(x)) return torch::addmm(addend, x, weight.t());
    return packed(record->forward, weight)(x, addend);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor gradient = gradients[0].contiguous();
    const RecordPointer record = record_of(context);
    record->inputs.push_back(saved[0].detach());
    record->gradients.push_back(gradient);
    const bool is_bias = context->saved_data["is_bias"].toBool();
    const Tensor& weight = saved[1];
    const Tensor grad_x = is_packed(gradient)
                              ? packed(record->backward, weight.t())(gradient, Tensor())
                              : gradient.mm(weight);
    return {grad_x, is_bias ? gradient.sum(0) : gradient, torch::zeros({1}, gradient.options()),
            Tensor(), Tensor()};
  }
};

}  // namespace

RecurrentLinear::RecurrentLinear(const Tensor& weight)
    : weight_(weight), constant_(weight.detach()) {
  if (!torch::GradMode::is_enabled() || !weight.requires_grad()) return;
  record_ = c10::make_intrusive<LinearRecord>();
  handle_ = GatherGradients::apply(weight, record_);
}

Tensor RecurrentLinear::operator()(const Tensor& x, const Tensor& addend) const {
  if (has_many_rows(x)) {
    if (addend.dim() == 1) return linear(x, weight_, addend);
    return linear(x, weight_, torch::zeros({weight_.size(0)}, x.options())) + addend;
  }
  if (!handle_.defined()) return torch::addmm(addend, x, weight_.t());
  return Step::apply(x, addend, handle_, constant_, record_);
}

}  // namespace foresight

#include "kernels/normed_activation/normed_activation_cuda.h"

#include "base/error.h"
#include "kernels/normed_activation/normed_activation_cuda_kernel.h"

namespace foresight {
namespace {

void check(const NormedActivationCuda& op) {
  FS_CHECK(op.num_members > 0 && op.num_rows >= 0 && op.num_features > 0, "[{}, {}, {}]",
           op.num_members, op.num_rows, op.num_features);
  FS_CHECK(op.norm_weight != nullptr && op.norm_bias != nullptr, "a LayerNorm without its weights");
  FS_CHECK(op.activation != Activation::kSimNorm ||
               (op.simnorm_dim > 0 && op.num_features % op.simnorm_dim == 0),
           "{} features in groups of {}", op.num_features, op.simnorm_dim);
}

void check_launch(const char* problem) { FS_CHECK(problem == nullptr, "CUDA: {}", problem); }

}  // namespace

#if FORESIGHT_CUDA_KERNELS
bool has_normed_activation_cuda() { return true; }
#else
bool has_normed_activation_cuda() { return false; }

// Stand for the kernels where nothing compiles them; nobody calls them then.
std::int64_t scratch_of_launch(const NormedActivationCuda& /*op*/) { return 0; }
const char* launch_forward(const NormedActivationCuda& /*op*/, const float* /*x*/, float* /*y*/,
                           float* /*mean*/, float* /*rstd*/) {
  return "this program was built without CUDA kernels";
}
const char* launch_backward(const NormedActivationCuda& /*op*/,
                            const NormedActivationGrad& /*grad*/) {
  return "this program was built without CUDA kernels";
}
#endif

void normed_activation_forward_cuda(const NormedActivationCuda& op, const float* x, float* y,
                                    float* mean, float* rstd) {
  check(op);
  check_launch(launch_forward(op, x, y, mean, rstd));
}

std::int64_t normed_activation_scratch_cuda(const NormedActivationCuda& op) {
  return scratch_of_launch(op);
}

void normed_activation_backward_cuda(const NormedActivationCuda& op,
                                     const NormedActivationGrad& grad) {
  check(op);
  check_launch(launch_backward(op, grad));
}

}  // namespace foresight

// What the CUDA kernels of normed_activation compute, run on the CPU (on_host/): against the CPU's
// own kernels, whose meaning is tested elsewhere. That they run on a device is for tests/gpu.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/normed_activation/normed_activation.h"
#include "kernels/normed_activation/normed_activation_cuda_kernel.h"
#include "kernels/random_floats.h"

namespace foresight::on_host {

// Of the translated file.
std::int64_t scratch_of_launch(const NormedActivationCuda& op);
const char* launch_forward(const NormedActivationCuda& op, const float* x, float* y, float* mean,
                           float* rstd);
const char* launch_backward(const NormedActivationCuda& op, const NormedActivationGrad& grad);

}  // namespace foresight::on_host

namespace foresight {
namespace {

using Floats = std::vector<float>;

Floats unknown(std::int64_t size) {
  return Floats(static_cast<std::size_t>(size), std::numeric_limits<float>::quiet_NaN());
}

struct Size {
  std::int64_t members, rows, width, group;
};

// What one pass forward and one backward give.
struct Outputs {
  explicit Outputs(const Size& size)
      : y(unknown(size.members * size.rows * size.width)),
        mean(unknown(size.members * size.rows)),
        rstd(mean),
        grad_x(y),
        grad_weight(unknown(size.members * size.width)),
        grad_bias(grad_weight) {}
  Floats y, mean, rstd, grad_x, grad_weight, grad_bias;
};

class NormedActivationCudaOnHost : public testing::Test {
 protected:
  void compare(Activation activation, const Size& size) {
    x_ = normal_floats(size.members * size.rows * size.width, 1);
    grad_y_ = normal_floats(size.members * size.rows * size.width, 2);
    weight_ = normal_floats(size.members * size.width, 3);
    bias_ = normal_floats(size.members * size.width, 4);
    const Outputs expected = on_cpu(activation, size);
    const Outputs found = as_on_cuda(activation, size);
    for (const auto member : {&Outputs::y, &Outputs::mean, &Outputs::rstd, &Outputs::grad_x,
                              &Outputs::grad_weight, &Outputs::grad_bias}) {
      const Floats& want = expected.*member;
      const Floats& got = found.*member;
      for (std::size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], 2e-5 * std::max(1.0f, std::abs(want[i])))
            << "activation " << static_cast<int>(activation) << ", width " << size.width
            << ", number " << i;
      }
    }
  }

 private:
  Outputs on_cpu(Activation activation, const Size& size) const {
    Outputs out(size);
    ThreadTeam team(1);
    Floats scratch = unknown(normed_activation_scratch(size.width));
    for (std::int64_t e = 0; e < size.members; ++e) {
      const std::int64_t numbers = e * size.rows * size.width;
      const std::int64_t rows = e * size.rows;
      const std::int64_t features = e * size.width;
      const NormedActivation op{.num_rows = size.rows,
                                .num_features = size.width,
                                .activation = activation,
                                .simnorm_dim = size.group,
                                .norm_weight = weight_.data() + features,
                                .norm_bias = bias_.data() + features,
                                .level = CpuLevel::kPlain};
      normed_activation_forward(op, x_.data() + numbers, out.y.data() + numbers,
                                out.mean.data() + rows, out.rstd.data() + rows, team);
      normed_activation_backward(op,
                                 {.grad_y = grad_y_.data() + numbers,
                                  .x = x_.data() + numbers,
                                  .mean = out.mean.data() + rows,
                                  .rstd = out.rstd.data() + rows,
                                  .grad_x = out.grad_x.data() + numbers,
                                  .grad_norm_weight = out.grad_weight.data() + features,
                                  .grad_norm_bias = out.grad_bias.data() + features,
                                  .scratch = scratch.data()},
                                 team);
    }
    return out;
  }

  Outputs as_on_cuda(Activation activation, const Size& size) const {
    Outputs out(size);
    const NormedActivationCuda op{.num_members = size.members,
                                  .num_rows = size.rows,
                                  .num_features = size.width,
                                  .activation = activation,
                                  .simnorm_dim = size.group,
                                  .norm_weight = weight_.data(),
                                  .norm_bias = bias_.data()};
    Floats scratch = unknown(on_host::scratch_of_launch(op));
    EXPECT_EQ(
        on_host::launch_forward(op, x_.data(), out.y.data(), out.mean.data(), out.rstd.data()),
        nullptr);
    EXPECT_EQ(on_host::launch_backward(op, {.grad_y = grad_y_.data(),
                                            .x = x_.data(),
                                            .mean = out.mean.data(),
                                            .rstd = out.rstd.data(),
                                            .grad_x = out.grad_x.data(),
                                            .grad_norm_weight = out.grad_weight.data(),
                                            .grad_norm_bias = out.grad_bias.data(),
                                            .scratch = scratch.data()}),
              nullptr);
    return out;
  }

  Floats x_, grad_y_, weight_, bias_;
};

TEST_F(NormedActivationCudaOnHost, EqualsTheCpusForEveryActivation) {
  for (const Activation activation :
       {Activation::kNone, Activation::kMish, Activation::kSimNorm, Activation::kRelu}) {
    compare(activation, {.members = 1, .rows = 5, .width = 24, .group = 8});
  }
}

TEST_F(NormedActivationCudaOnHost, TakesWidthsBelowAWarpAndRowsThatFillNoBlock) {
  compare(Activation::kMish, {.members = 1, .rows = 1, .width = 5, .group = 5});
  compare(Activation::kSimNorm, {.members = 2, .rows = 3, .width = 35, .group = 7});
}

}  // namespace
}  // namespace foresight

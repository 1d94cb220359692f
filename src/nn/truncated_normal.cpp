#include "nn/truncated_normal.h"

#include <cmath>

#include "nn/normal_constants.h"
#include "nn/torch.h"

namespace foresight {
namespace {

constexpr double kMargin = 1e-6;
const double kSqrtHalf = std::sqrt(0.5);

Tensor distribution_function(const Tensor& z) { return 0.5 * torch::erfc(-kSqrtHalf * z); }
Tensor density(const Tensor& z) { return (-0.5 * z.square() - kHalfLogTwoPi).exp(); }

struct Cut {
  Tensor low;   // (-1 - loc) / scale
  Tensor high;  // (1 - loc) / scale
  Tensor mass;  // between them
};

Cut cut_of(const Tensor& loc, const Tensor& scale) {
  const Tensor low = (-1.0 - loc) / scale;
  const Tensor high = (1.0 - loc) / scale;
  return {low, high, 0.5 * (torch::erf(kSqrtHalf * high) - torch::erf(kSqrtHalf * low))};
}

}  // namespace

Tensor TruncatedNormal::sample(const Tensor& u) const {
  Tensor z;  // (x - loc) / scale, a constant
  {
    const torch::NoGradGuard no_grad;
    // In double precision: the inverse is steep near its ends.
    const Tensor wide_loc = loc.to(torch::kFloat64);
    const Tensor wide_scale = scale.to(torch::kFloat64);
    const Cut cut = cut_of(wide_loc, wide_scale);
    const Tensor at = distribution_function(cut.low) + u.to(torch::kFloat64) * cut.mass;
    z = torch::special_ndtri(at).clamp(cut.low, cut.high).to(loc.scalar_type());
  }
  const Tensor x = loc + scale * z;
  return x + (x.clamp(-1.0 + kMargin, 1.0 - kMargin) - x).detach();
}

Tensor TruncatedNormal::log_prob(const Tensor& x) const {
  return -0.5 * ((x - loc) / scale).square() - kHalfLogTwoPi - scale.log() -
         cut_of(loc, scale).mass.log();
}

Tensor TruncatedNormal::entropy() const {
  const Cut cut = cut_of(loc, scale);
  return 0.5 + kHalfLogTwoPi + scale.log() + cut.mass.log() +
         0.5 * (cut.low * density(cut.low) - cut.high * density(cut.high)) / cut.mass;
}

Tensor TruncatedNormal::mode() const { return loc.clamp(-1.0, 1.0); }

TruncatedNormal truncated_normal_of(const Tensor& out, const Tensor& raw_std, double min_std) {
  return {out.tanh(), 2.0 * (0.5 * raw_std).sigmoid() + min_std};
}

}  // namespace foresight

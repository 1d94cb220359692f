// exp, tanh and their kin over Vec. Internal linkage, see vec.h.
#pragma once

#include "kernels/simd/vec.h"

namespace foresight {
namespace {

struct VecMath {
  // Relative error 2e-7 in [-87, 88]; below and above it stays at the ends; NaN is passed on.
  // Range reduction and polynomial: Cephes (S. Moshier), expf.
  static Vec exp(Vec x) {
    x = Vec::at_most(Vec::set(88.0f), Vec::at_least(Vec::set(-87.0f), x));
    const Vec n = Vec::round(x * Vec::set(1.44269504088896341f));
    Vec r = Vec::fnma(n, Vec::set(0.693359375f), x);
    r = Vec::fnma(n, Vec::set(-2.12194440e-4f), r);
    Vec p = Vec::set(1.9875691500e-4f);
    p = Vec::fma(p, r, Vec::set(1.3981999507e-3f));
    p = Vec::fma(p, r, Vec::set(8.3334519073e-3f));
    p = Vec::fma(p, r, Vec::set(4.1665795894e-2f));
    p = Vec::fma(p, r, Vec::set(1.6666665459e-1f));
    p = Vec::fma(p, r, Vec::set(5.0000001201e-1f));
    p = Vec::fma(p, r * r, r) + Vec::set(1.0f);
    return p * Vec::power_of_two(n);
  }

  // x tanh(softplus(x)) = x n / (n + 2) with n = e^x (e^x + 2): one exponential. Above 20 the
  // factor is 1 in float, and e^x is held there so that n stays finite.
  static Vec mish(Vec x) {
    const Vec e = exp(Vec::at_most(Vec::set(20.0f), x));
    const Vec n = e * (e + Vec::set(2.0f));
    return x * (n / (n + Vec::set(2.0f)));
  }

  // d mish / dx = n / w + 4 x e (1 + e) / w^2, w = n + 2.
  static Vec mish_slope(Vec x) {
    const Vec one = Vec::set(1.0f);
    const Vec e = exp(Vec::at_most(Vec::set(20.0f), x));
    const Vec n = e * (e + Vec::set(2.0f));
    const Vec inverse = one / (n + Vec::set(2.0f));
    // Four factors apart: their product would overflow for large x.
    const Vec tail = (Vec::set(4.0f) * e * inverse) * ((one + e) * inverse);
    return Vec::fma(x, tail, n * inverse);
  }

  // Absolute error 1e-7.
  static Vec tanh(Vec x) {
    const Vec e = exp(x + x);
    return Vec::set(1.0f) - Vec::set(2.0f) / (e + Vec::set(1.0f));
  }

  static Vec sigmoid(Vec x) { return Vec::set(1.0f) / (Vec::set(1.0f) + exp(Vec::zero() - x)); }

  // sign(x) (e^|x| - 1).
  static Vec symexp(Vec x) { return Vec::copy_sign(exp(Vec::abs(x)) - Vec::set(1.0f), x); }
};

}  // namespace
}  // namespace foresight

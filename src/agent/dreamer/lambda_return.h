// Targets of the critic: R_t = r_t + d_t ((1 - lambda) v_{t+1} + lambda R_{t+1}), R_H = v_H. A
// reward belongs to the state that it is paid in, so a state's value includes its own. Reference:
// danijar/dreamerv2, common/other.py, lambda_return; Hafner et al. 2021, equation 4. Axes: H
// horizon, N rows.
#pragma once

#include "base/tensor.h"

namespace foresight {

// reward, discount, value [H, N] of states 0 .. H - 1; bootstrap [N]: value of state H -> [H, N].
Tensor lambda_return(const Tensor& reward, const Tensor& discount, const Tensor& value,
                     const Tensor& bootstrap, double lambda);

}  // namespace foresight

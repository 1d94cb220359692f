#include "kernels/packed_linear/linear_body.h"

namespace foresight {

const LinearKernel kLinearPlain = kLinearKernel;

}  // namespace foresight

#if defined(__x86_64__)

#include "kernels/packed_linear/linear_body.h"

namespace foresight {

const LinearKernel kLinearAvx2 = kLinearKernel;

}  // namespace foresight

#endif

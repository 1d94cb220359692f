#if defined(__x86_64__)

#include "kernels/packed_linear/linear_body.h"

namespace foresight {

const LinearKernel kLinearAvx512 = kLinearKernel;

}  // namespace foresight

#endif

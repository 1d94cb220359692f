#if defined(__x86_64__)

#include "kernels/elu/elu_body.h"

namespace foresight {

const EluKernel kEluAvx2 = {forward_piece, backward_piece};

}  // namespace foresight

#endif

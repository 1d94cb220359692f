#if defined(__x86_64__)

#include "kernels/adam/adam_body.h"

namespace foresight {

const AdamKernel kAdamAvx2 = {update_piece, sum_of_squares_piece, lerp_piece};

}  // namespace foresight

#endif

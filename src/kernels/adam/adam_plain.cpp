#include "kernels/adam/adam_body.h"

namespace foresight {

const AdamKernel kAdamPlain = {update_piece, sum_of_squares_piece, lerp_piece};

}  // namespace foresight

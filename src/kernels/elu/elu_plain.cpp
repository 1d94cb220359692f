#include "kernels/elu/elu_body.h"

namespace foresight {

const EluKernel kEluPlain = {forward_piece, backward_piece};

}  // namespace foresight

#include "kernels/two_hot/two_hot_body.h"

namespace foresight {

const TwoHotKernel kTwoHotPlain = {decode_tile, cross_entropy_tile};

}  // namespace foresight

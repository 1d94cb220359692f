#if defined(__x86_64__)

#include "kernels/two_hot/two_hot_body.h"

namespace foresight {

const TwoHotKernel kTwoHotAvx2 = {decode_tile, cross_entropy_tile};

}  // namespace foresight

#endif

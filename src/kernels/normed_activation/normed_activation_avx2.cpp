#if defined(__x86_64__)

#include "kernels/normed_activation/normed_activation_body.h"

namespace foresight {

const NormedActivationKernel kNormedActivationAvx2 = {forward_tile<>, backward_tile<>};

}  // namespace foresight

#endif

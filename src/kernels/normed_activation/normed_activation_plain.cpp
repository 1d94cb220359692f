#include "kernels/normed_activation/normed_activation_body.h"

namespace foresight {

const NormedActivationKernel kNormedActivationPlain = {forward_tile<>, backward_tile<>};

}  // namespace foresight

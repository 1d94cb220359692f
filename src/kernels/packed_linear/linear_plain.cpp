#include "kernels/packed_linear/linear_body.h"

namespace foresight {

const LinearKernel kLinearPlain = {kPanelWidth, run_linear, pack_panel};

}  // namespace foresight

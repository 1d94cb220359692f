#include "kernels/rollout/policy_body.h"

namespace foresight {

const PolicyKernel kPolicyPlain = {act_tile};

}  // namespace foresight

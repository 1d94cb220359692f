#if defined(__x86_64__)

#include "kernels/rollout/policy_body.h"

namespace foresight {

const PolicyKernel kPolicyAvx512 = {act_tile};

}  // namespace foresight

#endif

#include "agent/dreamer/lambda_return.h"

#include "nn/torch.h"

namespace foresight {

Tensor lambda_return(const Tensor& reward, const Tensor& discount, const Tensor& value,
                     const Tensor& bootstrap, double lambda) {
  const std::int64_t horizon = reward.size(0);
  const Tensor next_value = torch::cat({value.slice(0, 1), bootstrap.unsqueeze(0)});
  const Tensor one_step = reward + discount * ((1.0 - lambda) * next_value);
  std::vector<Tensor> targets(static_cast<std::size_t>(horizon));
  Tensor target = bootstrap;
  for (std::int64_t t = horizon - 1; t >= 0; --t) {
    target = one_step[t] + lambda * discount[t] * target;
    targets[static_cast<std::size_t>(t)] = target;
  }
  return torch::stack(targets);
}

}  // namespace foresight

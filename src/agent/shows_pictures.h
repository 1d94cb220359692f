// What an agent that looks at pictures can show of itself, beside its numbers.
#pragma once

#include <vector>

#include "base/picture.h"

namespace foresight {

class ShowsPictures {
 public:
  virtual ~ShowsPictures() = default;
  // As it is now; none as long as there is nothing to show. Changes nothing of the agent.
  virtual std::vector<NamedPicture> pictures() = 0;
};

}  // namespace foresight

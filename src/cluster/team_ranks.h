// Ranks that are processes, and can tell each other how they end.
#pragma once

#include <string>

#include "base/ranks.h"

namespace foresight {

class TeamRanks : public Ranks {
 public:
  // This one will not go on: the others are told why. `cause` is a sentence that names the rank it
  // began with.
  virtual void tell_end(const std::string& cause) = 0;
  // Which rank is lost and how, as tell_end() of it would say; empty: none is known to be.
  virtual std::string loss() const = 0;
  // Which of the ranks on this machine it is.
  virtual int rank_here() const { return rank(); }
};

}  // namespace foresight

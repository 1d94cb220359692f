// Which opponents are imitated and how the imitation learns; [agent.opponent_cloning] in a config
// file. Defaults: the public student hockey project at 5341212, opponent simulation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"

namespace foresight {

// The entry for all opponents that have none of their own.
inline constexpr std::string_view kOtherOpponents = "others";

struct ClonedOpponentConfig {
  std::string name;

  void visit(FieldVisitor& v) {
    v.field("name", name, {}, "as in the curriculum; \"others\": everyone not named");
  }
};

struct OpponentCloningConfig {
  std::vector<ClonedOpponentConfig> opponents;
  std::int64_t frequency = 5000;
  std::int64_t samples = 512;
  std::int64_t steps = 20;
  std::int64_t batch_size = 256;
  double learning_rate = 3e-4;

  void visit(FieldVisitor& v) {
    v.list("opponents", opponents,
           "one network each, whose action the dynamics read; none: opponents are not modelled");
    v.field("frequency", frequency, {1, 1e9}, "updates of the agent between two of the clones");
    v.field("samples", samples, {1, 1e7}, "observations and opponent's actions drawn each time");
    v.field("steps", steps, {1, 1e6}, "gradient steps on them");
    v.field("batch_size", batch_size, {1, 65536}, "of them, in each of those steps");
    v.field("learning_rate", learning_rate, {0, 1}, "of Adam, one a clone");
  }

  std::int64_t num_opponents() const { return static_cast<std::int64_t>(opponents.size()); }
  // The clone of the opponent with this name; -1: nobody imitates it.
  std::int64_t index_of(std::string_view name) const {
    std::int64_t others = -1;
    for (std::int64_t k = 0; k < num_opponents(); ++k) {
      const std::string& entry = opponents[static_cast<std::size_t>(k)].name;
      if (entry == name) return k;
      if (entry == kOtherOpponents) others = k;
    }
    return others;
  }
};

}  // namespace foresight

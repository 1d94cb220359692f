// Numbers that change over the episodes of a phase of training: weights of reward terms, the bonus
// for a won game. Source of the form: the student hockey project, curriculum_manager.py,
// RewardShapingConfig and RewardBonusConfig (N = begin, K = end - begin).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "config/table.h"

namespace foresight {

// `from` until episode `begin` of the phase, `to` from episode `end` on, a straight line between.
struct LinearSchedule {
  double from = 0.0;
  double to = 0.0;
  std::int64_t begin = 0;
  std::int64_t end = 0;

  void visit(FieldVisitor& visitor);
  double at(std::int64_t episode) const;
};

// Reads "key = 0.5" (constant) or "key = { from = 20, to = 1.5, begin = 600, end = 1000 }"; an
// absent from or to is `otherwise`. Mistakes go to `problems`, keys under `path`.
LinearSchedule read_schedule(const ConfigValue& value, double otherwise, const std::string& path,
                             ConfigProblems& problems);

// By the key of [env] that it changes.
using EnvSchedules = std::map<std::string, LinearSchedule>;

// What the phase's `shaping` says; every key must be a number of `env`, a complete section.
EnvSchedules read_env_schedules(const Table& shaping, const Table& env, const std::string& path,
                                ConfigProblems& problems);
// `env` as it is for games that begin when so many episodes of the phase are over.
Table env_at(const Table& env, const EnvSchedules& schedules, std::int64_t episode);

// Bonus and discount of reward back-propagation (replay/reward_backprop.h).
struct WinBonusSchedule {
  LinearSchedule bonus;
  LinearSchedule discount;
};

// What the phase's `win_bonus` says; `agent`: its complete section, whose win_bonus and
// win_bonus_discount hold where nothing is said. A problem: it has none, so it knows no bonus.
WinBonusSchedule read_win_bonus(const Table& win_bonus, const Table& agent, const std::string& path,
                                ConfigProblems& problems);

}  // namespace foresight

// Runs for tests of reports, made by hand.
#pragma once

#include <fmt/format.h>

#include "report/run_data.h"

namespace foresight {

// One that reached `last` after 1000 steps in a straight line from 0, measured every 250.
inline RunData small_run(const std::string& horizon, int seed, double last,
                         const std::string& task = "hockey") {
  RunData run;
  run.name = fmt::format("run-{}-{}", horizon, seed);
  run.record.name = "test";
  run.record.seed = seed;
  run.config = {{"env.id", '"' + task + '"'},
                {"agent.planner.horizon", horizon},
                {"seed", fmt::format("{}", seed)},
                {"name", "\"test\""}};
  run.task = task;
  for (int i = 1; i <= 4; ++i) {
    run.rows.push_back({{"step", 250.0 * i},
                        {"time_s", 60.0 * i},
                        {"eval/weak/win_rate", last * i / 4.0},
                        {"speed/act_share", 0.25},
                        {"speed/game_share", 0.125},
                        {"speed/update_share", 0.5},
                        {"speed/eval_s", 3.0}});
  }
  return run;
}

}  // namespace foresight

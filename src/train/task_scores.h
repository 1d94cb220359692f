// Evaluations of a model of several tasks, one task after the other, and their common measure.
// Reference: nicklashansen/tdmpc2@e9f5932, trainer/offline_trainer.py, eval: the return of a
// DMControl task (0 to 1000) / 10, the success rate of a Meta-World task * 100.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "train/evaluator.h"

namespace foresight {

// 0 to 100: success * 100 where the environment tells success, the mean return / 10 elsewhere.
double normalised_score(const EvalResult& result);

// A [env] section of several tasks with this one to be played.
Table env_of_task(const Table& env, const std::string& task);

struct TaskScore {
  std::string task;
  EvalResult result;
  std::string problem;  // not empty: its environment could not be started, and nothing counts
  double score() const { return normalised_score(result); }
};

// Stops early, with fewer scores, where options.should_stop says so. `say` may be empty.
std::vector<TaskScore> evaluate_tasks(Agent& agent, const EvalOptions& options,
                                      const std::vector<std::string>& tasks,
                                      const std::function<void(const TaskScore&)>& say);

// The mean over the tasks that could be played. Error: none could, with the first reason.
double mean_score(const std::vector<TaskScore>& scores);

}  // namespace foresight

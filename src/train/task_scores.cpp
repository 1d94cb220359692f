#include "train/task_scores.h"

#include <algorithm>

#include "base/error.h"
#include "env/env.h"

namespace foresight {
namespace {

constexpr double kReturnUnit = 10.0;  // DMControl's returns go to 1000

}  // namespace

double normalised_score(const EvalResult& result) {
  return result.has_success ? 100.0 * result.win_rate() : result.mean_return / kReturnUnit;
}

Table env_of_task(const Table& env, const std::string& task) {
  Table section = env;
  section.set("task", {task, "the evaluation of all tasks"});
  return section;
}

std::vector<TaskScore> evaluate_tasks(Agent& agent, const EvalOptions& options,
                                      const std::vector<std::string>& tasks,
                                      const std::function<void(const TaskScore&)>& say) {
  std::vector<TaskScore> scores;
  for (const std::string& task : tasks) {
    EvalOptions of_task = options;
    of_task.env = env_of_task(options.env, task);
    TaskScore score{.task = task, .result = {}, .problem = {}};
    try {
      make_env(of_task.env);  // is its suite installed?
    } catch (const Error& problem) {
      score.problem = problem.what();
    }
    if (score.problem.empty()) score.result = evaluate(agent, of_task);
    if (options.should_stop && options.should_stop()) return scores;
    if (say) say(score);
    scores.push_back(std::move(score));
  }
  return scores;
}

double mean_score(const std::vector<TaskScore>& scores) {
  double sum = 0.0;
  double count = 0.0;
  for (const TaskScore& score : scores) {
    if (!score.problem.empty()) continue;
    sum += score.score();
    count += 1.0;
  }
  if (count == 0.0) {
    fail("none of {} tasks could be evaluated{}", scores.size(),
         scores.empty() ? "" : ": " + scores.front().problem);
  }
  return sum / count;
}

}  // namespace foresight

#include "train/scheduled_evaluation.h"

#include <algorithm>

#include "base/error.h"
#include "io/file_name.h"
#include "train/evaluator.h"
#include "train/task_scores.h"

namespace foresight {
namespace {

void add_results(Metrics& metrics, const std::string& prefix, const EvalResult& result,
                 bool has_opponent) {
  metrics.emplace_back(prefix + "return", result.mean_return);
  metrics.emplace_back(prefix + "length", result.mean_length);
  if (has_opponent) metrics.emplace_back(prefix + "win_rate", result.win_rate());
  if (result.has_success) metrics.emplace_back(prefix + "success", result.win_rate());
}

// The first games of the evaluation once more, before a camera.
void film(Agent& agent, EvalOptions options, std::int64_t games, const EvaluationOrders& orders) {
  const std::string name = as_file_name(options.opponent, "games");
  try {
    const auto recorder = RecorderRegistry::instance().find(
        "mp4", "kind of video")(fmt::format("{}_{}.mp4", orders.video_stem.string(), name));
    options.games = games;
    options.parallel = 1;
    options.use_planner = true;
    options.recorder = recorder.get();
    evaluate(agent, options);
    recorder->finish();
  } catch (const Error& problem) {
    orders.say(fmt::format("no video: {}", problem.what()));  // no reason to stop training
  }
}

// All tasks of a model of several, and their common score.
EvaluationReport evaluate_all_tasks(const Experiment& experiment, Agent& agent,
                                    const EvalOptions& options, const EvaluationOrders& orders) {
  std::vector<std::string> tasks;
  for (const EvalPlan& plan : experiment.eval_plans) tasks.push_back(plan.task);
  EvaluationReport report;
  const auto note = [&](const TaskScore& score) {
    if (!score.problem.empty()) {
      orders.say(fmt::format("{} is left out: {}", score.task, score.problem));
      return;
    }
    orders.say(
        fmt::format("{}: score {:.1f}; {}", score.task, score.score(), describe(score.result, "")));
    const std::string prefix = "eval/" + score.task + "/";
    add_results(report.results, prefix, score.result, /*has_opponent=*/false);
    report.results.emplace_back(prefix + "score", score.score());
    report.timings.emplace_back("speed/plan_ms_p50", score.result.act_ms_p50);
    report.timings.emplace_back("speed/plan_ms_p99", score.result.act_ms_p99);
  };
  const auto scores = evaluate_tasks(agent, options, tasks, note);
  if (orders.should_stop()) return report;
  report.score = mean_score(scores);
  const auto num_played =
      std::ranges::count_if(scores, [](const TaskScore& score) { return score.problem.empty(); });
  report.results.emplace_back("eval/score", report.score);
  report.results.emplace_back("eval/tasks", static_cast<double>(num_played));
  orders.say(fmt::format("normalised score {:.1f}, the mean of {} of {} tasks", report.score,
                         num_played, scores.size()));
  report.is_complete = true;
  return report;
}

}  // namespace

EvaluationReport evaluate_as_scheduled(const Experiment& experiment, Agent& agent,
                                       const EvaluationOrders& orders) {
  const EvalConfig& config = experiment.config.eval;
  if (!experiment.eval_plans.empty() && !experiment.eval_plans.front().task.empty()) {
    return evaluate_all_tasks(experiment, agent,
                              {.env = experiment.eval_env,
                               .opponent = {},
                               .games = config.games,
                               .parallel = config.parallel,
                               .seed = orders.seed,
                               .use_planner = config.use_planner,
                               .agent_name = experiment.config.name,
                               .recorder = nullptr,
                               .should_stop = orders.should_stop},
                              orders);
  }
  EvaluationReport report;
  for (const EvalPlan& plan : experiment.eval_plans) {
    const bool has_opponent = !plan.opponent.empty();
    const std::string prefix = has_opponent ? "eval/" + plan.opponent + "/" : std::string("eval/");
    EvalOptions options{.env = experiment.eval_env,
                        .opponent = plan.opponent,
                        .games = plan.games,
                        .parallel = config.parallel,
                        .seed = orders.seed,
                        .use_planner = config.use_planner,
                        .agent_name = experiment.config.name,
                        .recorder = nullptr,
                        .should_stop = orders.should_stop};
    const EvalResult result = evaluate(agent, options);
    if (orders.should_stop()) return report;
    orders.say(describe(result, plan.opponent));
    add_results(report.results, prefix, result, has_opponent);
    report.timings.emplace_back("speed/plan_ms_p50", result.act_ms_p50);
    report.timings.emplace_back("speed/plan_ms_p99", result.act_ms_p99);
    report.score += has_opponent ? result.win_rate() : result.mean_return;
    if (has_opponent) report.win_rates[plan.opponent] = result.win_rate();
    if (config.policy_too && config.use_planner) {
      options.use_planner = false;
      const EvalResult policy = evaluate(agent, options);
      if (orders.should_stop()) return report;
      orders.say("policy alone, " + describe(policy, plan.opponent));
      add_results(report.results, prefix + "policy_", policy, has_opponent);
    }
    if (!orders.video_stem.empty()) film(agent, options, config.videos, orders);
    if (orders.should_stop()) return report;
  }
  report.score /= static_cast<double>(experiment.eval_plans.size());
  report.is_complete = true;
  return report;
}

}  // namespace foresight

#include "train/scheduled_evaluation.h"

#include "base/error.h"
#include "io/file_name.h"
#include "train/evaluator.h"

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

}  // namespace

EvaluationReport evaluate_as_scheduled(const Experiment& experiment, Agent& agent,
                                       const EvaluationOrders& orders) {
  const EvalConfig& config = experiment.config.eval;
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

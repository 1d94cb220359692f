#include "train/cost_estimate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "agent/agent.h"
#include "base/rng.h"
#include "train/build_info.h"
#include "train/games.h"
#include "train/initial_weights.h"

namespace foresight {
namespace {

constexpr double kMiB = 1048576.0;
constexpr double kBytesPerNumber = 4.0;

// Milliseconds of one call, from as many as fit into the time; at least one after a warm-up.
double measure_ms(double seconds, const std::function<void()>& action) {
  using Clock = std::chrono::steady_clock;
  action();
  const auto begin = Clock::now();
  std::int64_t count = 0;
  double passed_s = 0.0;
  do {
    action();
    ++count;
    passed_s = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (passed_s < seconds);
  return 1000.0 * passed_s / static_cast<double>(count);
}

// A trial has no past selves: where a phase meets nobody else, nobody moves.
Experiment without_past_selves(Experiment experiment) {
  for (Phase& phase : experiment.phases) {
    std::erase_if(phase.opponents, [](const auto& entry) { return entry.name == kPastSelves; });
    if (phase.opponents.empty() && experiment.env_spec.num_players > 1) {
      phase.opponents.push_back({"none", 1.0});
    }
  }
  return experiment;
}

// How many past selves that plan are asked at once, at most, in the phase that meets them most.
// Each of them thinks for all games.
double num_planning_copies(const Experiment& experiment) {
  const SelfplayConfig& selfplay = experiment.config.selfplay;
  if (!experiment.has_selfplay || !selfplay.copies_plan) return 0.0;
  double share = 0.0;
  for (const Phase& phase : experiment.phases) {
    share = std::max(share, past_selves_share(phase));
  }
  const double games = std::ceil(share * static_cast<double>(experiment.config.train.num_games));
  return std::min(games, selfplay.draw == "newest" ? 1.0 : static_cast<double>(selfplay.pool_size));
}

// The parts of a training step, each on its own.
class Trial {
 public:
  explicit Trial(const Experiment& experiment)
      : experiment_(without_past_selves(experiment)),
        num_planning_copies_(num_planning_copies(experiment)),
        agent_(make_agent(experiment.config.agent, experiment.env_spec,
                          static_cast<std::uint64_t>(experiment.config.seed))),
        games_(experiment_),
        rng_(0, "trial"),
        actions_(games_.num_games() * games_.spec().action_dim) {
    load_initial_weights(experiment.config, *agent_);
    games_.begin(0);
  }

  // Random steps until the agent can learn, or two episodes are over.
  void gather() {
    const std::int64_t longest =
        std::max<std::int64_t>(experiment_.env_spec.max_episode_steps, 200);
    for (std::int64_t i = 0; i < 2 * longest && !agent_->can_update(); ++i) play();
  }

  void measure(double trial_s, CostEstimate& cost) {
    cost.game_ms = measure_ms(0.1 * trial_s, [this] { play(); });
    if (agent_->can_update()) {
      cost.update_ms = measure_ms(0.5 * trial_s, [this] { agent_->update(); });
    }
    const auto actor = agent_->make_actor({.num_games = games_.num_games(),
                                           .explore = true,
                                           .use_planner = true,
                                           .keep_traces = false,
                                           .seed = 0});
    cost.act_ms = measure_ms(0.3 * trial_s, [&] {
      if (!games_.images().empty()) actor->see(games_.images());
      actor->act(games_.observations(), games_.first_step(), actions_);
    });
    cost.copies_ms = cost.act_ms * num_planning_copies_;
    // The policy alone costs next to nothing beside the planner.
    cost.act_ms *= experiment_.config.train.plan_share;
  }

  AgentDescription describe() const { return agent_->describe(); }

 private:
  void play() {
    for (float& action : actions_) action = static_cast<float>(rng_.uniform(-1.0, 1.0));
    games_.step(actions_);
    games_.show_to(*agent_);
    games_.advance();
  }

  Experiment experiment_;
  double num_planning_copies_;
  std::unique_ptr<Agent> agent_;
  Games games_;
  Rng rng_;
  std::vector<float> actions_;
};

void estimate_sizes(const Experiment& experiment, const AgentDescription& agent,
                    CostEstimate& cost) {
  for (const ComponentDescription& component : agent.components) {
    cost.parameters += component.parameters;
    cost.trainable += component.trainable;
  }
  cost.weights_mb = kBytesPerNumber * static_cast<double>(cost.parameters) / kMiB;
  cost.optimiser_mb = 3.0 * kBytesPerNumber * static_cast<double>(cost.trainable) / kMiB;
  const double rows =
      static_cast<double>(std::min(agent.replay_capacity, experiment.config.train.steps));
  cost.replay_mb = rows * static_cast<double>(agent.replay_row_bytes) / kMiB;
  cost.pictures_mb = rows * static_cast<double>(agent.picture_row_bytes) / kMiB;
  const double moments_mb = 2.0 / 3.0 * cost.optimiser_mb;
  cost.disk_mb = static_cast<double>(experiment.config.train.keep_checkpoints) *
                     (cost.weights_mb + moments_mb) +
                 2.0 * cost.weights_mb + cost.replay_mb + cost.pictures_mb;
}

void estimate_times(const Experiment& experiment, CostEstimate& cost) {
  const TrainConfig& train = experiment.config.train;
  const auto num_games = static_cast<double>(train.num_games);
  const double updates = train.updates_per_step * num_games;
  const double round_ms = cost.act_ms + cost.copies_ms + cost.game_ms + updates * cost.update_ms;
  cost.env_steps_per_s = 1000.0 * num_games / round_ms;
  const double random_rounds = static_cast<double>(train.seed_steps) / num_games;
  const double rounds = static_cast<double>(train.steps) / num_games - random_rounds;
  const double pretrain_ms = static_cast<double>(train.pretrain_updates) * cost.update_ms;
  cost.training_s = 0.001 * (random_rounds * cost.game_ms + rounds * round_ms + pretrain_ms);

  const EvalConfig& eval = experiment.config.eval;
  cost.num_evaluations = 1 + (eval.every_steps > 0 ? (train.steps - 1) / eval.every_steps : 0);
  for (const EvalPlan& plan : experiment.eval_plans) {
    const double side_by_side = static_cast<double>(std::min(plan.games, eval.parallel));
    const double batches = static_cast<double>(plan.games) / side_by_side;
    const double act_ms = eval.use_planner ? cost.act_ms * side_by_side / num_games : 0.0;
    const double step_ms = act_ms + cost.game_ms * side_by_side / num_games;
    cost.evaluation_s += 0.001 * static_cast<double>(cost.num_evaluations) * batches * step_ms *
                         static_cast<double>(experiment.env_spec.max_episode_steps);
  }
  if (train.time_limit_min > 0.0) {
    cost.training_s = std::min(cost.training_s, 60.0 * train.time_limit_min);
  }
}

}  // namespace

CostEstimate estimate_cost(const Experiment& experiment, double trial_s) {
  set_compute_threads(static_cast<int>(experiment.config.train.threads));
  Trial trial(experiment);
  CostEstimate cost;
  trial.gather();
  trial.measure(trial_s, cost);
  estimate_sizes(experiment, trial.describe(), cost);
  estimate_times(experiment, cost);
  return cost;
}

}  // namespace foresight

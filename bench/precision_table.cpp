// What planning in fewer bits costs: a trained agent plays, and 1,000 states of its games are
// planned in every number format from the same random draws. A plan is judged by the value that the
// plain fp32 tensors give its mean sequence. The last row is the measure of what matters: fp32
// again, from other draws.
//   precision_table [MODEL [STATES]]     default: hockey-quick 1000; prints a Markdown table
#include <cmath>
#include <cstdio>

#include "agent/model_card.h"
#include "agent/tdmpc2/tdmpc2_agent.h"
#include "base/error.h"
#include "env/env.h"
#include "kernels/reduced_linear/reduced_kernel.h"
#include "nn/torch.h"
#include "planner/mppi.h"
#include "selfplay/opponent.h"
#include "world_model/tdmpc2/packed_scorer.h"

namespace foresight {
namespace {

// Observations of games against the weak bot, one every step.
std::vector<Tensor> play_states(const ModelCard& card, Agent& agent, std::int64_t count) {
  const auto env = make_env(card.env);
  const EnvSpec& spec = env->spec();
  const auto actor = agent.make_actor({.num_games = 1, .seed = 1});
  const auto opponent = make_opponent("weak", {.env = spec, .num_games = 1, .seed = 1});
  std::vector<float> actions(spec.num_players * spec.action_dim);
  const std::span<float> own{actions.data(), static_cast<std::size_t>(spec.action_dim)};
  const std::span<float> other = std::span<float>(actions).subspan(spec.action_dim);
  const std::int64_t place = 0;
  std::vector<Tensor> states;
  for (std::uint64_t game = 0; std::ssize(states) < count; ++game) {
    env->reset(game);
    opponent->begin_game(place, game);
    std::vector<std::uint8_t> is_first{1};
    for (bool is_over = false; !is_over && std::ssize(states) < count; is_first[0] = 0) {
      const auto seen = env->observation(0);
      states.push_back(torch::tensor(std::vector<float>(seen.begin(), seen.end())).unsqueeze(0));
      actor->act(seen, is_first, own);
      opponent->act({&place, 1}, env->observation(1), other);
      is_over = env->step(actions).over();
    }
  }
  return states;
}

struct Sums {
  double value = 0.0;       // of the plans
  double difference = 0.0;  // to the fp32 plan of the same state
  double squared = 0.0;     // of that
  double action = 0.0;      // squared difference of the mean's first action
  std::int64_t count = 0;
};

struct Plans {
  Tdmpc2Agent& agent;
  TensorScorer judge{agent.model(), agent.config().sequence_value, agent.discount()};
  MppiPlanner planner{agent.config().planner};

  MppiPlan plan(LatentModel& scorer, const Tensor& state, const MppiDraws& draws) const {
    const Tensor start = torch::zeros({planner.config().horizon, 1, agent.model().action_dim()});
    return planner.plan(scorer, scorer.encode(state), start, draws);
  }

  double value(const Tensor& state, const MppiPlan& plan) {
    const Tensor sequence = plan.mean.unsqueeze(2);  // [H, 1, 1, A]
    judge.begin(judge.encode(state), sequence.narrow(2, 0, 0));
    ScoreDraws draws;
    draws.policy_eps = torch::zeros({1, 1, agent.model().action_dim()});
    draws.q_pair = torch::tensor({std::int64_t{0}, std::int64_t{1}});
    return judge.score(sequence, draws).item<double>();
  }
};

void add(Sums& sums, double value, double reference, const Tensor& action_difference) {
  sums.value += value;
  sums.difference += value - reference;
  sums.squared += (value - reference) * (value - reference);
  sums.action += action_difference.square().mean().item<double>();
  ++sums.count;
}

void print(const std::string& name, const Sums& sums) {
  const auto count = static_cast<double>(sums.count);
  const double mean = sums.difference / count;
  const double error = std::sqrt((sums.squared / count - mean * mean) / count);
  std::printf("| %s | %.4f | %+.4f +- %.4f | %.4f |\n", name.c_str(), sums.value / count, mean,
              error, std::sqrt(sums.action / count));
}

void run(const std::string& model, std::int64_t num_states) {
  const torch::NoGradGuard no_grad;
  const auto folder = find_model(model);
  const ModelCard card = read_model_card(folder);
  const EnvSpec spec = make_env(card.env)->spec();
  const auto loaded = load_agent(folder, card, spec);
  auto* agent = dynamic_cast<Tdmpc2Agent*>(loaded.get());
  if (agent == nullptr) fail("{} is no TD-MPC2 agent", model);

  Plans plans{*agent};
  const std::vector<Precision> formats{Precision::kFp32, Precision::kBf16, Precision::kInt8};
  std::vector<std::unique_ptr<PackedScorer>> scorers;
  for (const Precision format : formats) {
    scorers.push_back(std::make_unique<PackedScorer>(
        agent->model(), agent->config().sequence_value, agent->discount(),
        RolloutThreads{.num_threads = 2, .precision = format}));
  }
  const MppiDrawShape shape{
      .action_dim = spec.action_dim,
      .num_q = agent->config().model.num_q,
      .sample_terminal_action = agent->config().sequence_value.last_action == "sampled"};
  Rng rng(1, "precision table");
  std::vector<Sums> sums(formats.size() + 1);
  for (const Tensor& state : play_states(card, *agent, num_states)) {
    const MppiDraws draws = draw_mppi(plans.planner.config(), shape, rng);
    const MppiDraws others = draw_mppi(plans.planner.config(), shape, rng);
    const MppiPlan reference = plans.plan(*scorers[0], state, draws);
    const double reference_value = plans.value(state, reference);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const bool is_again = i == formats.size();
      const MppiPlan plan =
          plans.plan(*scorers[is_again ? 0 : i], state, is_again ? others : draws);
      add(sums[i], plans.value(state, plan), reference_value, plan.mean[0] - reference.mean[0]);
    }
  }
  std::printf("| plans of %zd states, %s | value | difference to fp32 | first action, RMS |\n",
              static_cast<std::ptrdiff_t>(num_states), model.c_str());
  std::printf("|---|---|---|---|\n");
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const bool is_fast = is_native(formats[i], cpu_level());
    print(std::string(name_of(formats[i])) + (is_fast ? "" : " (plain code)"), sums[i]);
  }
  print("fp32, other draws", sums.back());
}

}  // namespace
}  // namespace foresight

int main(int argc, char** argv) {
  try {
    foresight::run(argc > 1 ? argv[1] : "hockey-quick", argc > 2 ? std::atoll(argv[2]) : 1000);
  } catch (const foresight::Error& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 2;
  }
}

#include "cli/bench_subjects.h"

#include "base/error.h"
#include "base/rng.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

constexpr const char* kOfficial = "official-5m";
constexpr const char* kSac = "sac";

// The observation and action sizes that the peers' published figures are of.
BenchAgent make_official_agent(double deadline_ms) {
  const EnvSpec env{.id = "bench",
                    .observation_dim = 24,
                    .action_dim = 6,
                    .max_episode_steps = 500,
                    .can_terminate = false,
                    .reward_terms = {},
                    .observation_names = {}};
  Table agent;
  agent.set("id", {std::string("tdmpc2"), ""});
  apply_override(agent, fmt::format("planner.deadline_ms={}", deadline_ms));
  return {make_agent(agent, env, 1), env};
}

BenchAgent make_sac_agent() {
  const EnvSpec env{.id = "bench",
                    .observation_dim = 18,
                    .action_dim = 4,
                    .max_episode_steps = 251,
                    .can_terminate = true,
                    .reward_terms = {},
                    .observation_names = {}};
  Table agent;
  agent.set("id", {std::string("sac"), ""});
  return {make_agent(agent, env, 1), env};
}

}  // namespace

const std::vector<BenchPreset>& bench_presets() {
  static const std::vector<BenchPreset> presets{
      {kOfficial, "official 5M: 24 observations, 6 actions, H 3"},
      {"hockey-1024", "hockey/tdmpc2-1024: H 9"},
      {"hockey-512", "hockey/tdmpc2-512: H 10"},
      {.name = kSac,
       .about = "SAC, 18 observations, 4 actions, 2 x 256 units, batch 256",
       .peer = "sac_peer.py",
       .peer_name = "Stable-Baselines3",
       .is_compiled_too = false,
       .plans = false,
       .calls = 20}};
  return presets;
}

BenchAgent make_bench_agent(const std::string& preset, double deadline_ms) {
  if (preset == kOfficial) return make_official_agent(deadline_ms);
  if (preset == kSac) return make_sac_agent();
  for (const BenchPreset& known : bench_presets()) {
    if (known.name != preset) continue;
    const std::string config = "hockey/tdmpc2-" + preset.substr(preset.find('-') + 1);
    const Experiment experiment = resolve_experiment(
        load_experiment_table(config, {fmt::format("agent.planner.deadline_ms={}", deadline_ms)}));
    return {make_agent(experiment.config.agent, experiment.env_spec, 1), experiment.env_spec};
  }
  std::vector<std::string> names;
  for (const BenchPreset& known : bench_presets()) names.push_back(known.name);
  fail("no preset \"{}\"{}\n  known: {}", preset, did_you_mean(preset, names),
       fmt::join(names, ", "));
}

std::function<void()> plan_job(BenchAgent& subject, std::int64_t num_games) {
  struct State {
    std::unique_ptr<Actor> actor;
    std::vector<float> observations;
    std::vector<float> actions;
    std::vector<std::uint8_t> first_step;
  };
  auto state = std::make_shared<State>();
  state->actor = subject.agent->make_actor({.num_games = num_games, .seed = 1});
  state->observations.resize(num_games * subject.env.observation_dim);
  state->actions.resize(num_games * subject.env.action_dim);
  state->first_step.assign(num_games, 0);
  Rng rng(1, "bench");
  rng.fill_normal(state->observations);
  return [state] { state->actor->act(state->observations, state->first_step, state->actions); };
}

std::function<void()> update_job(BenchAgent& subject) {
  Rng rng(1, "bench");
  std::vector<float> observation(subject.env.observation_dim);
  std::vector<float> next_observation(subject.env.observation_dim);
  std::vector<float> action(subject.env.action_dim);
  constexpr int kEpisodes = 40;
  constexpr int kSteps = 100;
  for (int i = 0; i < kEpisodes * kSteps; ++i) {
    rng.fill_normal(next_observation);
    for (float& number : action) number = static_cast<float>(rng.uniform(-1.0, 1.0));
    subject.agent->observe({.game = 0,
                            .observation = observation,
                            .action = action,
                            .reward = static_cast<float>(rng.uniform()),
                            .next_observation = next_observation,
                            .truncated = i % kSteps == kSteps - 1});
    observation = next_observation;
  }
  return [&subject] { subject.agent->update(); };
}

}  // namespace foresight

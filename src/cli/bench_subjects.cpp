#include "cli/bench_subjects.h"

#include <cstdlib>

#include "base/error.h"
#include "base/home.h"
#include "base/rng.h"
#include "cli/peer_process.h"
#include "env/vec_env.h"
#include "replay/slice_sampler.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

constexpr const char* kOfficial = "official-5m";
constexpr const char* kQuick = "hockey-quick";
constexpr const char* kSac = "sac";
constexpr const char* kDreamer = "dreamerv2";

// The observation and action sizes that the peers' published figures are of.
BenchAgent make_official_agent(const std::vector<std::string>& overrides) {
  const EnvSpec env{.id = "bench",
                    .observation_dim = 24,
                    .action_dim = 6,
                    .max_episode_steps = 500,
                    .can_terminate = false,
                    .reward_terms = {},
                    .observation_names = {}};
  Table agent;
  agent.set("id", {std::string("tdmpc2"), ""});
  for (const std::string& text : overrides) apply_override(agent, text);
  return {make_agent(agent, env, 1), env};
}

// The sizes of hockey.
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

// The published sizes for Atari, with all 18 actions; the game itself is not needed.
BenchAgent make_dreamer_agent() {
  EnvSpec env{.id = "bench",
              .observation_dim = 0,
              .action_dim = 18,
              .max_episode_steps = 27000,
              .can_terminate = true,
              .reward_terms = {},
              .observation_names = {}};
  env.num_discrete_actions = env.action_dim;
  env.image = ImageShape{.num_frames = 1, .channels = 1, .height = 64, .width = 64};
  const Table preset = load_experiment_table("dreamerv2/atari", {});
  return {make_agent(std::get<Table>(preset.find("agent")->data), env, 1), env};
}

// Plays one actor on observations that never change.
std::function<void()> plan_job(const std::shared_ptr<BenchAgent>& subject, std::int64_t num_games) {
  struct State {
    std::shared_ptr<BenchAgent> subject;
    std::unique_ptr<Actor> actor;
    std::vector<float> observations;
    std::vector<float> actions;
    std::vector<std::uint8_t> first_step;
  };
  auto state = std::make_shared<State>();
  state->subject = subject;
  state->actor = subject->agent->make_actor({.num_games = num_games, .seed = 1});
  state->observations.resize(num_games * subject->env.observation_dim);
  state->actions.resize(num_games * subject->env.action_dim);
  state->first_step.assign(num_games, 0);
  Rng rng(1, "bench");
  rng.fill_normal(state->observations);
  return [state] { state->actor->act(state->observations, state->first_step, state->actions); };
}

void observe_random_episodes(BenchAgent& subject) {
  Rng rng(1, "bench");
  std::vector<float> observation(subject.env.observation_dim);
  std::vector<float> next_observation(subject.env.observation_dim);
  std::vector<float> action(subject.env.action_dim);
  std::vector<std::uint8_t> image(subject.env.image ? subject.env.image->num_bytes() : 0);
  constexpr int kEpisodes = 40;
  constexpr int kSteps = 100;
  for (int i = 0; i < kEpisodes * kSteps; ++i) {
    rng.fill_normal(next_observation);
    for (float& number : action) number = static_cast<float>(rng.uniform(-1.0, 1.0));
    for (std::uint8_t& pixel : image) pixel = static_cast<std::uint8_t>(rng.below(256));
    subject.agent->observe({.game = 0,
                            .observation = observation,
                            .action = action,
                            .reward = static_cast<float>(rng.uniform()),
                            .next_observation = next_observation,
                            .truncated = i % kSteps == kSteps - 1,
                            .image = image,
                            .next_image = image});
    observation = next_observation;
  }
}

// The PyTorch program, eager and, where it runs, compiled.
void add_pytorch(BenchCase& bench_case, const BenchPreset& preset, const BenchOptions& options) {
  const char* python = std::getenv("FORESIGHT_BENCH_PYTHON");
  if (python == nullptr) {
    fail(
        "--against pytorch needs FORESIGHT_BENCH_PYTHON, a Python with torch; "
        "./foresight bench sets it");
  }
  const std::string script = (home_folder() / "bench" / "pytorch" / preset.peer).string();
  for (const bool is_compiled : {false, true}) {
    if (is_compiled && !preset.has_compiled_peer) break;
    std::vector<std::string> words{python,
                                   script,
                                   bench_case.what,
                                   "--preset",
                                   bench_case.preset,
                                   "--serve",
                                   "--threads",
                                   fmt::format("{}", options.threads),
                                   "--games",
                                   fmt::format("{}", options.num_games)};
    if (is_compiled) words.emplace_back("--compile");
    try {
      auto peer = std::make_shared<PeerProcess>(words);
      const double gflop = peer->greeting().at("gflop");
      for (Contender& ours : bench_case.contenders) ours.gflop = gflop;  // the same work
      bench_case.contenders.push_back(
          {.name = preset.peer_name + (is_compiled ? ", torch.compile" : ", eager"),
           .measure_ms = [peer] { return peer->ask().at("ms").get<double>(); },
           .is_baseline = true,
           .gflop = gflop});
    } catch (const Error& problem) {
      if (!is_compiled) throw;
      fmt::print("  torch.compile does not run here: {}\n", problem.what());
    }
  }
}

std::string of_games(std::int64_t num_games) {
  return num_games > 1 ? fmt::format(", {} games in a call", num_games) : "";
}

}  // namespace

const std::vector<BenchPreset>& bench_presets() {
  static const std::vector<BenchPreset> presets{
      {kOfficial, "official 5M: 24 observations, 6 actions, H 3"},
      {"hockey-1024", "hockey/tdmpc2-1024: H 9"},
      {"hockey-512", "hockey/tdmpc2-512: H 10"},
      {.name = kQuick, .about = "hockey/quick, for a CPU", .is_on_request = true},
      {.name = kSac,
       .about = "SAC: 18 observations, 4 actions, 2 x 256 units, batch 256",
       .peer = "sac_peer.py",
       .peer_name = "Stable-Baselines3",
       .has_compiled_peer = false,
       .has_planner = false,
       .num_calls = 20},
      {.name = kDreamer,
       .about = "DreamerV2, dreamerv2/atari: 16 x 50 pictures, 18 actions, horizon 15",
       .peer = "dreamer_peer.py",
       .has_compiled_peer = false,
       .has_planner = false,
       .is_on_request = true}};
  return presets;
}

BenchAgent make_bench_agent(const std::string& preset, const std::vector<std::string>& overrides) {
  if (preset == kOfficial) return make_official_agent(overrides);
  if (preset == kSac) return make_sac_agent();
  if (preset == kDreamer) return make_dreamer_agent();
  for (const BenchPreset& known : bench_presets()) {
    if (known.name != preset) continue;
    const std::string size = preset.substr(preset.find('-') + 1);
    const std::string config = preset == kQuick ? "hockey/quick" : "hockey/tdmpc2-" + size;
    std::vector<std::string> of_agent;
    for (const std::string& text : overrides) of_agent.push_back("agent." + text);
    const Experiment experiment = resolve_experiment(load_experiment_table(config, of_agent));
    return {make_agent(experiment.config.agent, experiment.env_spec, 1), experiment.env_spec};
  }
  std::vector<std::string> names;
  for (const BenchPreset& known : bench_presets()) names.push_back(known.name);
  fail("no preset \"{}\"{}\n  known: {}", preset, did_you_mean(preset, names),
       fmt::join(names, ", "));
}

BenchCase plan_case(const BenchPreset& preset, const BenchOptions& options) {
  BenchCase result{.what = "plan",
                   .preset = preset.name,
                   .about = preset.about + of_games(options.num_games),
                   .contenders = {}};
  for (const std::string& format : options.formats) {
    const auto subject =
        std::make_shared<BenchAgent>(make_bench_agent(preset.name, {"precision=" + format}));
    result.contenders.push_back({.name = "Foresight, " + format,
                                 .measure_ms = timed(plan_job(subject, options.num_games))});
  }
  if (options.is_against_pytorch) add_pytorch(result, preset, options);
  return result;
}

BenchCase update_case(const BenchPreset& preset, const BenchOptions& options) {
  BenchCase result{
      .what = "update", .preset = preset.name, .about = preset.about, .contenders = {}};
  const auto subject = std::make_shared<BenchAgent>(make_bench_agent(preset.name));
  observe_random_episodes(*subject);
  result.contenders.push_back(
      {.name = "Foresight", .measure_ms = [subject, num_calls = preset.num_calls] {
         const auto updates = timed([&] {
           for (int i = 0; i < num_calls; ++i) subject->agent->update();
         });
         return updates() / num_calls;
       }});
  if (options.is_against_pytorch) add_pytorch(result, preset, options);
  return result;
}

BenchCase batch_case(const BenchPreset& preset, const BenchOptions& options) {
  constexpr std::int64_t kGames = 16;
  BenchCase result{.what = "batch",
                   .preset = preset.name,
                   .about = fmt::format("plans of {} games, {}", kGames, preset.about),
                   .amount = kGames,
                   .unit = "plans",
                   .contenders = {}};
  const std::string& format = options.formats.front();
  const auto subject =
      std::make_shared<BenchAgent>(make_bench_agent(preset.name, {"precision=" + format}));
  result.contenders.push_back(
      {.name = "in one call, " + format, .measure_ms = timed(plan_job(subject, kGames))});
  result.contenders.push_back({.name = "one by one, " + format,
                               .measure_ms = timed([job = plan_job(subject, 1)] {
                                 for (std::int64_t i = 0; i < kGames; ++i) job();
                               }),
                               .is_baseline = true});
  return result;
}

BenchCase hockey_case() {
  constexpr std::int64_t kGames = 64;
  constexpr int kSteps = 200;
  Table section;
  section.set("id", {std::string("hockey"), ""});
  std::vector<std::unique_ptr<Env>> envs;
  for (std::int64_t i = 0; i < kGames; ++i) envs.push_back(make_env(section));
  const auto games = std::make_shared<VecEnv>(std::move(envs), VecEnvOptions{.seed = 1});
  games->reset();
  const auto rng = std::make_shared<Rng>(1, "bench");
  return {.what = "hockey",
          .preset = "",
          .about = fmt::format("random actions, {} games, one core", kGames),
          .amount = static_cast<double>(kGames * kSteps),
          .unit = "steps",
          .contenders = {{.name = "Foresight", .measure_ms = timed([games, rng] {
                                                 for (int step = 0; step < kSteps; ++step) {
                                                   for (float& action : games->actions()) {
                                                     action = static_cast<float>(
                                                         rng->uniform(-1.0, 1.0));
                                                   }
                                                   games->step();
                                                 }
                                               })}}};
}

BenchCase replay_case(std::int64_t num_rows) {
  constexpr std::int64_t kSteps = 499;  // 500 rows an episode
  constexpr std::int64_t kSlices = 256;
  constexpr std::int64_t kHorizon = 3;
  struct State {
    State(const ReplayConfig& config, std::int64_t rows) : index(rows), sampler(config, index) {}
    EpisodeIndex index;
    SliceSampler sampler;
    SliceBatch batch;
    std::vector<float> priorities;
    Rng rng{1, "bench"};
  };
  BenchCase result{.what = "replay",
                   .preset = fmt::format("{}-rows", num_rows),
                   .about = fmt::format("choosing {} slices of {} rows out of {} rows", kSlices,
                                        kHorizon + 1, num_rows),
                   .contenders = {}};
  for (const char* sampling : {"uniform_episode", "uniform_slice", "prioritised"}) {
    ReplayConfig config;
    config.sampling = sampling;
    const auto state = std::make_shared<State>(config, num_rows);
    state->priorities.resize(kSlices);
    while (state->index.num_rows() + kSteps + 1 <= num_rows) {
      state->sampler.episode_added(state->index.add(kSteps).number);
    }
    result.contenders.push_back(
        {.name = sampling, .measure_ms = timed([state] {
                             state->sampler.sample(kSlices, kHorizon, state->rng, state->batch);
                             // As after an update; only the prioritised rule takes them.
                             for (float& priority : state->priorities) {
                               priority = static_cast<float>(state->rng.uniform());
                             }
                             state->sampler.update_priorities(state->batch.slices,
                                                              state->priorities);
                           })});
  }
  return result;
}

}  // namespace foresight

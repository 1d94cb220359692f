#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "base/profile.h"
#include "cli/command.h"
#include "cli/model_env.h"
#include "env/env.h"
#include "env/multitask/task_sets.h"
#include "train/build_info.h"
#include "train/evaluator.h"
#include "train/experiment_config.h"
#include "train/run_folder.h"
#include "train/task_scores.h"

namespace foresight {
namespace {

constexpr std::int64_t kRecordedGames = 3;

class EvalCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN|MODEL", model_,
                   "a run (its best weights), a model's folder, or a shipped model")
        ->required();
    app.add_option("key=value", overrides_, "overrides, e.g. env.mode=normal");
    app.add_option("--opponent", opponent_,
                   "weak, strong, none, random, or MODEL (MODEL:policy plays without a planner)");
    app.add_option("--games", games_, "how many")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
    app.add_option("--seed", seed_, "the same seed, the same starts")->capture_default_str();
    app.add_option("--env", env_, "another environment than the model's own");
    app.add_flag("--policy-only", policy_only_, "act without the planner");
    app.add_option("--video", video_, "write the first three games to this .mp4");
    app.add_option("--parallel", parallel_, "games side by side")
        ->capture_default_str()
        ->check(CLI::Range(1, 4096));
    app.add_option("--threads", threads_, "threads that compute; 0: all cores")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    app.add_option("--profile", profile_,
                   "measure where time goes: a table, and this file for chrome://tracing");
    app.add_flag("--json", json_, "for programs");
  }

  int run() override {
    set_compute_threads(threads_);
    const auto folder = find_run_or_model(model_);
    ModelCard card = read_model_card(folder);
    apply_overrides(card);
    const EnvSpec spec = played_env(card);
    const auto agent = load_agent(folder, card, spec);
    EvalOptions options{
        .env = card.env,
        .opponent = opponent_.empty() ? default_opponent(spec) : opponent_word(opponent_),
        .games = games_,
        .parallel = parallel_,
        .seed = seed_,
        .use_planner = !policy_only_,
        .agent_name = card.name,
        .recorder = nullptr,
        .should_stop = {}};
    if (!spec.tasks.empty() && spec.task < 0) {
      evaluate_all(*agent, options, spec);
      return 0;
    }
    if (!profile_.empty()) Profiler::start();
    const EvalResult result = evaluate(*agent, options);
    if (!profile_.empty()) {
      Profiler::stop();
      Profiler::write_trace(profile_);
    }
    if (json_) {
      print_json(folder, options, result);
    } else {
      print(folder, options, result);
      if (!profile_.empty()) {
        fmt::print("{}trace: {}\n", profile_text(Profiler::table()), profile_);
      }
    }
    if (!video_.empty()) record(*agent, options);
    return 0;
  }

 private:
  void apply_overrides(ModelCard& card) const {
    Table sections;
    sections.set("env", {card.env, ""});
    sections.set("agent", {card.agent, ""});
    const bool has_tasks = id_of(card.env) == "multitask";
    if (!env_.empty() && has_tasks) {
      // One of the model's tasks, padded as the model was trained.
      apply_override(sections, "env.task=" + task_name_of(env_));
    } else if (!env_.empty()) {
      sections.set("env", {other_env(card, env_), "--env"});
    }
    for (const std::string& text : overrides_) {
      if (!text.starts_with("env.") && !text.starts_with("agent.")) {
        fail("\"{}\": a model can be overridden in env.* and agent.* only", text);
      }
      apply_override(sections, text);
    }
    card.env = std::get<Table>(sections.find("env")->data);
    card.agent = std::get<Table>(sections.find("agent")->data);
  }

  // A model of several tasks plays all of them.
  void evaluate_all(Agent& agent, const EvalOptions& options, const EnvSpec& spec) const {
    if (!video_.empty() || !profile_.empty()) {
      fail("--video and --profile are of one task: add env.task={}", spec.tasks.front().name);
    }
    std::vector<std::string> names;
    for (const TaskSpec& task : spec.tasks) names.push_back(task.name);
    const auto tell = [&](const TaskScore& score) {
      if (json_) return;
      if (!score.problem.empty()) {
        fmt::print("{:<26}       left out: {}\n", score.task, score.problem);
      } else {
        fmt::print("{:<26} {:>5.1f} {}\n", score.task, score.score(), describe(score.result, ""));
      }
    };
    if (!json_) fmt::print("{:<26} {:>5}\n", "task", "score");
    const auto scores = evaluate_tasks(agent, options, names, tell);
    const double mean = mean_score(scores);
    if (!json_) {
      fmt::print("{:<26} {:>5.1f} the normalised score: success * 100, or return / 10\n", "mean",
                 mean);
      return;
    }
    nlohmann::ordered_json tasks = nlohmann::ordered_json::object();
    for (const TaskScore& score : scores) {
      if (!score.problem.empty()) continue;
      tasks[score.task] = {{"score", score.score()},
                           {"mean_return", score.result.mean_return},
                           {"return_std", score.result.return_std},
                           {"games", score.result.games}};
    }
    fmt::print("{}\n",
               nlohmann::ordered_json{{"normalised_score", mean}, {"tasks", tasks}}.dump(2));
  }

  static std::string default_opponent(const EnvSpec& spec) {
    return spec.num_players > 1 ? "weak" : "";
  }

  void print(const std::filesystem::path& folder, const EvalOptions& options,
             const EvalResult& result) const {
    fmt::print("{}{}, seed {}\n", folder.string(),
               options.use_planner ? "" : " with its policy alone", options.seed);
    fmt::print("{}\n", describe(result, options.opponent));
    fmt::print(
        "time to act: p50 {:.2f} ms, p99 {:.2f} ms for {} games side by side "
        "(p50 {:.3f} ms, p99 {:.3f} ms a game)\n",
        result.act_ms_p50, result.act_ms_p99, std::min(options.games, options.parallel),
        result.act_ms_per_game_p50, result.act_ms_per_game_p99);
  }

  static void print_json(const std::filesystem::path& folder, const EvalOptions& options,
                         const EvalResult& result) {
    const Interval interval = result.win_interval();
    const nlohmann::ordered_json json{{"model", folder.string()},
                                      {"opponent", options.opponent},
                                      {"planner", options.use_planner},
                                      {"seed", options.seed},
                                      {"games", result.games},
                                      {"wins", result.wins},
                                      {"draws", result.draws},
                                      {"losses", result.losses},
                                      {"lost", result.lost},
                                      {"win_rate", result.win_rate()},
                                      {"win_rate_95", {interval.low, interval.high}},
                                      {"mean_return", result.mean_return},
                                      {"return_std", result.return_std},
                                      {"mean_length", result.mean_length},
                                      {"parallel", std::min(options.games, options.parallel)},
                                      {"act_ms_p50", result.act_ms_p50},
                                      {"act_ms_p99", result.act_ms_p99},
                                      {"act_ms_per_game_p50", result.act_ms_per_game_p50},
                                      {"act_ms_per_game_p99", result.act_ms_per_game_p99}};
    fmt::print("{}\n", json.dump(2));
  }

  // The first games once more, one after the other, from the same starts.
  void record(Agent& agent, EvalOptions options) const {
    std::string ending = std::filesystem::path(video_).extension().string();
    if (!ending.empty()) ending.erase(0, 1);
    const auto recorder = RecorderRegistry::instance().find(ending, "kind of video")(video_);
    options.recorder = recorder.get();
    options.parallel = 1;
    options.games = std::min(options.games, kRecordedGames);
    evaluate(agent, options);
    recorder->finish();
    if (!json_) fmt::print("video: {}\n", video_);
  }

  std::string model_;
  std::vector<std::string> overrides_;
  std::string opponent_;
  std::int64_t games_ = 200;
  std::uint64_t seed_ = 1;
  std::string env_;
  bool policy_only_ = false;
  std::string video_;
  std::string profile_;
  std::int64_t parallel_ = 50;
  int threads_ = 0;
  bool json_ = false;
};

FS_REGISTER_WORD("eval", EvalCommand, "plays games with a trained agent and counts",
                 "foresight eval last --opponent weak --games 200 --seed 1",
                 "foresight eval hockey-quick --opponent strong --policy-only",
                 "foresight eval last --opponent hockey-quick --video games.mp4",
                 "foresight eval MULTITASK-MODEL --games 10",
                 "foresight eval MULTITASK-MODEL --env dmcontrol/walker-walk");

}  // namespace
}  // namespace foresight

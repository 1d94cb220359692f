#include <string>
#include <vector>

#include "agent/model_card.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/model_env.h"
#include "cli/video_recorder.h"
#include "env/env.h"
#include "io/file_name.h"
#include "selfplay/opponent.h"
#include "train/build_info.h"
#include "train/evaluator.h"
#include "train/run_folder.h"
#include "train/stop_signal.h"

namespace foresight {
namespace {

// Says how each game went and hands everything on to the camera.
class OutcomeTeller : public GameRecorder {
 public:
  explicit OutcomeTeller(GameRecorder& camera) : camera_(camera) {}

  void begin_game(const GameTitle& title) override {
    title_ = title;
    num_frames_ = 0;
    camera_.begin_game(title);
  }
  void frame(const Env& env, const PlanTrace* trace, double planning_ms) override {
    ++num_frames_;
    camera_.frame(env, trace, planning_ms);
  }
  void end_game(Outcome outcome) override {
    const std::string against = title_.right.empty() ? "" : " against " + title_.right;
    // One frame more than steps: the picture after the last.
    fmt::print("{}{}: {} after {} steps\n", title_.title, against, word_of(outcome),
               num_frames_ - 1);
    std::fflush(stdout);
    camera_.end_game(outcome);
  }
  void finish() override { camera_.finish(); }

 private:
  std::string word_of(Outcome outcome) const {
    if (title_.right.empty()) return "over";
    if (outcome == Outcome::kNone) return "drawn";
    return outcome == Outcome::kWin ? "won" : "lost";
  }

  GameRecorder& camera_;
  GameTitle title_;
  std::int64_t num_frames_ = 0;
};

// "hockey/quick" -> "hockey-quick.mp4": in the working folder, whatever the agent is called.
std::string film_name(const std::string& agent_name) {
  return as_file_name(agent_name, "watch") + ".mp4";
}

class WatchCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN|MODEL", model_,
                   "a run (its best weights), a model's folder, or a shipped model")
        ->required();
    app.add_option("--out", out_, "the film, .mp4 (default: <name of the agent>.mp4)");
    app.add_option("--games", games_, "against each opponent")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    app.add_option("--opponent", opponents_,
                   "weak, strong, none, random or MODEL, several with commas between "
                   "(default: weak,strong)")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--seed", seed_, "the same seed, the same starts")->capture_default_str();
    app.add_flag("--policy-only", policy_only_, "act without the planner");
    app.add_flag("--no-paths", no_paths_, "do not draw the ways that the planner imagines");
    app.add_option("--png", png_, "one picture of the first game; without --out no film is made");
    app.add_option("--at", still_step_, "the step of that picture")
        ->capture_default_str()
        ->check(CLI::Range(0, 1000000));
  }

  int run() override {
    set_compute_threads(0);
    const auto folder = find_run_or_model(model_);
    const ModelCard card = read_model_card(folder);
    const EnvSpec spec = played_env(card);
    choose_opponents(spec);
    for (const std::string& opponent : opponents_) {
      if (!opponent.empty()) check_opponent(opponent);
    }
    const auto agent = load_agent(folder, card, spec);
    const RecorderOptions options = recorder_options(card);
    VideoRecorder camera(options);
    OutcomeTeller teller(camera);
    const StopSignal stop;
    for (const std::string& opponent : opponents_) {
      if (stop.received() != 0) break;
      evaluate(*agent, {.env = card.env,
                        .opponent = opponent,
                        .games = games_,
                        .parallel = 1,
                        .seed = seed_,
                        .use_planner = !policy_only_,
                        .agent_name = card.name,
                        .recorder = &teller,
                        .should_stop = [&] { return stop.received() != 0; }});
    }
    camera.finish();
    tell_files(options);
    return stop.received() == 0 ? 0 : 128 + stop.received();
  }

 private:
  // One empty name stands for playing alone.
  void choose_opponents(const EnvSpec& spec) {
    if (!opponents_.empty()) return;
    if (spec.num_players > 1) {
      opponents_ = {"weak", "strong"};
    } else {
      opponents_ = {""};
    }
  }

  RecorderOptions recorder_options(const ModelCard& card) const {
    const bool has_film = !out_.empty() || png_.empty();
    return {.video = !has_film      ? ""
                     : out_.empty() ? film_name(card.name)
                                    : out_,
            .still = png_,
            .still_step = still_step_,
            .draw_paths = !no_paths_};
  }

  static void tell_files(const RecorderOptions& options) {
    if (!options.video.empty()) fmt::print("film: {}\n", options.video.string());
    if (!options.still.empty()) fmt::print("picture: {}\n", options.still.string());
  }

  std::string model_;
  std::string out_;
  std::int64_t games_ = 3;
  std::vector<std::string> opponents_;
  std::uint64_t seed_ = 1;
  bool policy_only_ = false;
  bool no_paths_ = false;
  std::string png_;
  std::int64_t still_step_ = 50;
};

FS_REGISTER_WORD("watch", WatchCommand, "films games of a trained agent, with what it plans",
                 "foresight watch last",
                 "foresight watch hockey-quick --out film.mp4 --games 3 --opponent weak,strong",
                 "foresight watch last --png moment.png --at 40");

}  // namespace
}  // namespace foresight

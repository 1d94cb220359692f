#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/bench_control_loop.h"
#include "cli/bench_subjects.h"
#include "cli/command.h"
#include "kernels/reduced_linear/choose_precision.h"
#include "train/build_info.h"
#include "train/live_line.h"

namespace foresight {
namespace {

constexpr double kReportEvery = 10.0;  // seconds, where there is no terminal

class BenchCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_,
                   "plan, update, batch (16 plans in one call), hockey, replay, or all of these; "
                   "dreamer (an update of DreamerV2 for Atari, seconds each)")
        ->capture_default_str()
        ->check(CLI::IsMember({"plan", "update", "batch", "hockey", "replay", "dreamer", "all"}));
    app.add_option(
        "--preset", preset_,
        "official-5m, hockey-1024, hockey-512, sac; only by name: hockey-quick, dreamerv2");
    app.add_option("--against", against_, "pytorch: takes turns with it on the same cores")
        ->check(CLI::IsMember({"pytorch"}));
    app.add_option("--precision", precision_,
                   "of plans: fp32, bf16, int8, auto (the fastest here), both (fp32 and auto)")
        ->capture_default_str()
        ->check(CLI::IsMember({"fp32", "bf16", "int8", "auto", "both"}));
    app.add_option("--games", options_.num_games, "plans in one call")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    app.add_option("--rows", num_rows_, "in the replay: one number or several")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1000}, std::int64_t{1'000'000'000}));
    app.add_option("--rounds", rounds_, "timings of each program")
        ->capture_default_str()
        ->check(CLI::Range(1, 10000));
    app.add_option("--warm-up", warm_up_, "timings before that, not counted")
        ->capture_default_str()
        ->check(CLI::Range(0, 10000));
    app.add_option("--threads", options_.threads, "of each program")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    app.add_option("--hz", loop_.hz, "a control loop of so many plans a second instead")
        ->check(CLI::Range(0.1, 10000.0));
    app.add_option("--seconds", loop_.seconds, "of that loop")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 1e6));
    app.add_option("--deadline", loop_.deadline_ms,
                   "of a plan in that loop, milliseconds (default: 80 % of a tick)")
        ->check(CLI::Range(0.01, 1e6));
    app.add_option("--csv", csv_, "appends the figures to this file");
    app.add_flag("--json", json_, "for programs");
  }

  int run() override {
    set_compute_threads(options_.threads);
    if (loop_.hz > 0.0) {
      run_loop();
      return 0;
    }
    if (what_ == "dreamer") {
      what_ = "update";
      preset_ = "dreamerv2";
    }
    if (!preset_.empty()) make_bench_agent(preset_);  // says which presets there are
    options_.is_against_pytorch = !against_.empty();
    options_.formats = formats();
    for (const BenchPreset& preset : bench_presets()) {
      if (!preset_.empty() ? preset_ != preset.name : preset.is_on_request) continue;
      if (preset.has_planner && is_wanted("plan")) show(plan_case(preset, options_));
      if (is_wanted("update")) show(update_case(preset, options_));
      // Of all sizes only one, where nobody asks for another.
      const bool is_batched = preset.name == (preset_.empty() ? "hockey-512" : preset_);
      if (preset.has_planner && is_batched && is_wanted("batch")) {
        for (const std::string& format : options_.formats) {
          BenchOptions in_one_format = options_;
          in_one_format.formats = {format};
          show(batch_case(preset, in_one_format));
        }
      }
    }
    if (is_wanted("hockey")) show(hockey_case());
    if (is_wanted("replay")) {
      for (const std::int64_t rows : num_rows_) show(replay_case(rows));
    }
    if (json_) {
      fmt::print("{}\n", nlohmann::ordered_json{{"commit", program_commit()},
                                                {"machine", cpu_name()},
                                                {"cpu_features", cpu_features()},
                                                {"threads", options_.threads},
                                                {"rows", rows_}}
                             .dump(2));
    }
    return 0;
  }

 private:
  bool is_wanted(const std::string& what) const { return what_ == "all" || what_ == what; }

  // "both" is fp32 and what auto chooses, if that is another one.
  std::vector<std::string> formats() const {
    if (precision_ != "auto" && precision_ != "both") return {precision_};
    const std::string fastest = name_of(choose_precision());
    if (precision_ == "auto" || fastest == "fp32") return {fastest};
    return {"fp32", fastest};
  }

  void run_loop() {
    loop_.preset = preset_.empty() ? bench_presets().front().name : preset_;
    loop_.precision = formats().back();
    const auto result = run_control_loop(loop_);
    if (json_) {
      fmt::print("{}\n", result.dump(2));
    } else {
      print_control_loop(result);
    }
  }

  // What gives these figures again.
  std::string command_text() const {
    std::string text = "foresight bench " + what_;
    if (!preset_.empty()) text += " --preset " + preset_;
    if (!against_.empty()) text += " --against " + against_;
    if (options_.num_games > 1) text += fmt::format(" --games {}", options_.num_games);
    return text + fmt::format(" --precision {} --threads {} --warm-up {} --rounds {}", precision_,
                              options_.threads, warm_up_, rounds_);
  }

  void show(BenchCase bench_case) {
    run_case(bench_case, warm_up_, rounds_, line_);
    if (!json_) print_case(bench_case);
    if (!csv_.empty()) append_csv(bench_case, {options_.threads, command_text()}, csv_);
    rows_.push_back(to_json(bench_case));
  }

  std::string what_ = "all";
  std::string preset_;
  std::string against_;
  std::string precision_ = "both";
  std::string csv_;
  std::vector<std::int64_t> num_rows_{10'000, 345'000'000};
  int warm_up_ = 3;
  int rounds_ = 15;
  bool json_ = false;
  LiveLine line_{stderr, is_terminal(stderr), kReportEvery};
  BenchOptions options_;
  ControlLoopOptions loop_{.preset = "", .hz = 0.0};  // no loop
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
};

FS_REGISTER_WORD("bench", BenchCommand,
                 "times plans, updates, the game and the replay, also against PyTorch",
                 "foresight bench plan --preset official-5m",
                 "foresight bench all --against pytorch",
                 "foresight bench update --preset sac --against pytorch",
                 "foresight bench dreamer --rounds 5 --warm-up 1",
                 "foresight bench plan --preset hockey-512 --hz 50 --seconds 60",
                 "foresight bench replay --rows 10000 345000000");

}  // namespace
}  // namespace foresight

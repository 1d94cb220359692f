#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/home.h"
#include "cli/bench_subjects.h"
#include "cli/command.h"
#include "cli/peer_process.h"
#include "train/build_info.h"
#include "train/statistics.h"

namespace foresight {
namespace {

double measured_ms(const std::function<void()>& job) {
  const auto begin = std::chrono::steady_clock::now();
  job();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

struct Times {
  std::string name;
  std::vector<double> ms;
  double gflops = 0.0;  // of the median, where the program tells
  double median() const { return percentile(ms, 0.5); }
};

std::string text_of(const Times& times) {
  return fmt::format("{:>9.2f} ms ({:.2f} to {:.2f})", times.median(), percentile(times.ms, 0.25),
                     percentile(times.ms, 0.75));
}

// The PyTorch program, eager and compiled.
class PyTorchPeers {
 public:
  PyTorchPeers(const std::string& what, const BenchPreset& preset, int threads,
               std::int64_t num_games) {
    const char* python = std::getenv("FORESIGHT_BENCH_PYTHON");
    if (python == nullptr) {
      fail(
          "--against pytorch needs FORESIGHT_BENCH_PYTHON, a Python with torch; "
          "./foresight bench sets it");
    }
    const std::string script = (home_folder() / "bench" / "pytorch" / preset.peer).string();
    for (const bool is_compiled : {false, true}) {
      if (is_compiled && !preset.is_compiled_too) continue;
      std::vector<std::string> words{python,      script,
                                     what,        "--preset",
                                     preset.name, "--serve",
                                     "--threads", fmt::format("{}", threads),
                                     "--games",   fmt::format("{}", num_games)};
      if (is_compiled) words.emplace_back("--compile");
      const std::string name = preset.peer_name + (is_compiled ? ", torch.compile" : ", eager");
      try {
        peers_.push_back(std::make_unique<PeerProcess>(words));
        times_.push_back({name, {}});
      } catch (const Error& problem) {
        if (!is_compiled) throw;
        fmt::print("  {} does not run here: {}\n", name, problem.what());
      }
    }
  }

  void measure() {
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      const auto answer = peers_[i]->ask();
      times_[i].ms.push_back(answer.at("ms"));
      gflop_ = peers_[i]->greeting().at("gflop");
    }
  }

  std::vector<Times> times() const {
    std::vector<Times> result = times_;
    for (Times& times : result) times.gflops = 1000.0 * gflop_ / times.median();
    return result;
  }

 private:
  std::vector<std::unique_ptr<PeerProcess>> peers_;
  std::vector<Times> times_;
  double gflop_ = 0.0;
};

class BenchCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_, "plan, update or all")
        ->capture_default_str()
        ->check(CLI::IsMember({"plan", "update", "all"}));
    app.add_option("--preset", preset_, "official-5m, hockey-1024, hockey-512, sac (default: all)");
    app.add_option("--against", against_, "pytorch: takes turns with it on the same cores")
        ->check(CLI::IsMember({"pytorch"}));
    app.add_option("--games", games_, "plans in one call")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    app.add_option("--rounds", rounds_, "timings of each program")
        ->capture_default_str()
        ->check(CLI::Range(1, 10000));
    app.add_option("--threads", threads_, "of each program")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    app.add_option("--hz", hz_, "a control loop of so many plans a second instead")
        ->check(CLI::Range(0.1, 10000.0));
    app.add_option("--seconds", seconds_, "of that loop")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 1e6));
    app.add_option("--deadline", deadline_ms_,
                   "of a plan in that loop, milliseconds (default: 80 % of a tick)")
        ->check(CLI::Range(0.01, 1e6));
    app.add_flag("--json", json_, "for programs");
  }

  int run() override {
    set_compute_threads(threads_);
    if (hz_ > 0.0) {
      control_loop();
      return 0;
    }
    auto rows = nlohmann::ordered_json::array();
    for (const BenchPreset& preset : bench_presets()) {
      if (!preset_.empty() && preset_ != preset.name) continue;
      for (const char* what : {"plan", "update"}) {
        if (what == std::string("plan") && !preset.plans) continue;
        if (what_ == "all" || what_ == what) rows.push_back(measure(what, preset));
      }
    }
    if (rows.empty()) make_bench_agent(preset_);  // says which presets there are
    if (json_) {
      fmt::print("{}\n", nlohmann::ordered_json{{"commit", program_commit()},
                                                {"cpu_features", cpu_features()},
                                                {"threads", threads_},
                                                {"rows", rows}}
                             .dump(2));
    }
    return 0;
  }

 private:
  nlohmann::ordered_json measure(const std::string& what, const BenchPreset& preset) {
    BenchAgent subject = make_bench_agent(preset.name);
    const auto call = what == "plan" ? plan_job(subject, games_) : update_job(subject);
    const auto job = [&] {
      for (int i = 0; i < preset.calls; ++i) call();
    };
    std::optional<PyTorchPeers> peers;
    if (!against_.empty()) peers.emplace(what, preset, threads_, games_);
    Times ours{"Foresight", {}};
    for (int i = 0; i < kWarmUp; ++i) job();
    for (int round = 0; round < rounds_; ++round) {
      ours.ms.push_back(measured_ms(job) / preset.calls);
      if (peers) peers->measure();
    }
    const std::vector<Times> theirs = peers ? peers->times() : std::vector<Times>{};
    if (!json_) print(what, preset, ours, theirs);
    return to_json(what, preset, ours, theirs);
  }

  // Plans at every tick, as a robot would, and tells how long that took.
  void control_loop() {
    const double tick_ms = 1000.0 / hz_;
    const double deadline_ms = deadline_ms_ > 0.0 ? deadline_ms_ : 0.8 * tick_ms;
    const std::string preset = preset_.empty() ? bench_presets().front().name : preset_;
    BenchAgent subject = make_bench_agent(preset, deadline_ms);
    const auto actor = subject.agent->make_actor({.num_games = 1, .seed = 1});
    std::vector<float> observation(subject.env.observation_dim, 0.1f);
    std::vector<float> action(subject.env.action_dim);
    const std::vector<std::uint8_t> first_step(1, 0);
    actor->act(observation, first_step, action);  // warm
    Times times{"plan", {}};
    double iterations = 0.0;
    std::int64_t misses = 0;
    using Clock = std::chrono::steady_clock;
    const auto period = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double, std::milli>(tick_ms));
    auto tick = Clock::now();
    const auto num_ticks = static_cast<std::int64_t>(seconds_ * hz_);
    for (std::int64_t i = 0; i < num_ticks; ++i) {
      const double ms = measured_ms([&] { actor->act(observation, first_step, action); });
      times.ms.push_back(ms);
      misses += ms > tick_ms ? 1 : 0;
      for (const auto& [name, value] : actor->metrics()) {
        if (name == "plan/iterations") iterations += value;
      }
      tick = std::max(tick + period, Clock::now());
      std::this_thread::sleep_until(tick);
    }
    const double worst = *std::ranges::max_element(times.ms);
    const double mean_iterations = iterations / static_cast<double>(times.ms.size());
    if (json_) {
      const nlohmann::ordered_json result{{"preset", preset},
                                          {"hz", hz_},
                                          {"deadline_ms", deadline_ms},
                                          {"plans", times.ms.size()},
                                          {"ms_p50", times.median()},
                                          {"ms_p99", percentile(times.ms, 0.99)},
                                          {"ms_worst", worst},
                                          {"misses", misses},
                                          {"mean_iterations", mean_iterations}};
      fmt::print("{}\n", result.dump(2));
      return;
    }
    fmt::print("{} at {:g} Hz, {} plans with a deadline of {:.1f} ms:\n", preset, hz_,
               times.ms.size(), deadline_ms);
    fmt::print(
        "  p50 {:.2f} ms, p99 {:.2f} ms, worst {:.2f} ms; {} ticks of {:.1f} ms missed; "
        "{:.1f} iterations a plan\n",
        times.median(), percentile(times.ms, 0.99), worst, misses, tick_ms, mean_iterations);
  }

  static double ratio(const Times& ours, const std::vector<Times>& theirs) {
    double fastest = std::numeric_limits<double>::infinity();
    for (const Times& times : theirs) fastest = std::min(fastest, times.median());
    return fastest / ours.median();
  }

  void print(const std::string& what, const BenchPreset& preset, const Times& ours,
             const std::vector<Times>& theirs) const {
    fmt::print("one {}, {}{}\n", what, preset.about,
               games_ > 1 && what == "plan" ? fmt::format(", {} games in a call", games_) : "");
    fmt::print("  {:<24}{}\n", ours.name, text_of(ours));
    for (const Times& times : theirs) {
      fmt::print("  {:<24}{}  {:.0f} GFLOP/s\n", times.name, text_of(times), times.gflops);
    }
    if (!theirs.empty()) {
      fmt::print("  {:.2f} times as fast as the faster of them\n", ratio(ours, theirs));
    }
    std::fflush(stdout);
  }

  nlohmann::ordered_json to_json(const std::string& what, const BenchPreset& preset,
                                 const Times& ours, const std::vector<Times>& theirs) const {
    nlohmann::ordered_json row{{"what", what},
                               {"preset", preset.name},
                               {"games", what == "plan" ? games_ : 1},
                               {"ms", ours.median()},
                               {"ms_p25", percentile(ours.ms, 0.25)},
                               {"ms_p75", percentile(ours.ms, 0.75)}};
    for (const Times& times : theirs) {
      row["peers"].push_back({{"name", times.name},
                              {"ms", times.median()},
                              {"ms_p25", percentile(times.ms, 0.25)},
                              {"ms_p75", percentile(times.ms, 0.75)},
                              {"gflops", times.gflops}});
    }
    if (!theirs.empty()) row["ratio"] = ratio(ours, theirs);
    return row;
  }

  static constexpr int kWarmUp = 3;
  std::string what_ = "all";
  std::string preset_;
  std::string against_;
  std::int64_t games_ = 1;
  int rounds_ = 15;
  double hz_ = 0.0;  // 0: no control loop
  double seconds_ = 10.0;
  double deadline_ms_ = 0.0;
  int threads_ = 2;
  bool json_ = false;
};

FS_REGISTER_WORD("bench", BenchCommand, "times a plan and an update, also against PyTorch",
                 "foresight bench plan --preset official-5m",
                 "foresight bench all --against pytorch",
                 "foresight bench update --preset sac --against pytorch",
                 "foresight bench plan --preset hockey-512 --hz 50 --seconds 60");

}  // namespace
}  // namespace foresight

#include "selfplay/tournament.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "agent/model_card.h"
#include "cli/command.h"
#include "env/env.h"
#include "io/atomic_file.h"
#include "selfplay/archive.h"
#include "selfplay/tournament_page.h"
#include "train/build_info.h"
#include "train/experiment_config.h"
#include "train/live_line.h"
#include "train/run_folder.h"
#include "train/stop_signal.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultEnv = "hockey";
constexpr double kReportEvery = 30.0;  // seconds, where there is no terminal

// What may stand in a folder's name of `text`.
std::string file_name(const std::string& text) {
  std::string name;
  for (const char letter : text) {
    const bool is_safe = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-';
    name += is_safe ? letter : '-';
  }
  return name;
}

class TournamentCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("AGENT|env.key=value", words_,
                   "weak, strong, none, random, a run (its best weights, or last), a model's "
                   "folder, a shipped model, archive:NAME; each also with :policy, without its "
                   "planner; and overrides of the environment")
        ->required();
    app.add_option("--games", games_, "of each pair, an even number")
        ->capture_default_str()
        ->check(CLI::Range(2, 1000000));
    app.add_option("--seed", seed_, "the same seed, the same table")->capture_default_str();
    app.add_option("--env", env_, "the environment (default: that of the models, or hockey)");
    app.add_option(
        "--folder", folder_,
        "where it is kept and goes on (default: one under tournaments/ for every setup)");
    app.add_option("--batch", batch_, "games of a pair side by side, at most; part of the setup")
        ->capture_default_str()
        ->check(CLI::Range(1, 4096));
    app.add_option("--threads", threads_, "chunks played at once; 0: all cores")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    app.add_flag("--save-ratings", save_ratings_, "into the archive, for the agents from there");
    app.add_flag("--json", json_, "for programs: the table, progress goes to stderr");
  }

  int run() override {
    set_compute_threads(1);  // cores play different games
    const TournamentSetup setup = make_setup();
    check_setup(setup);
    const fs::path folder = folder_.empty() ? default_folder(setup) : fs::path(folder_);
    TournamentLog log(folder, setup);
    const int signal = play(setup, log);
    if (signal != 0) return 128 + signal;
    const TournamentTable table = write_results(setup, log);
    if (save_ratings_) save_ratings(setup, table);
    return 0;
  }

 private:
  TournamentSetup make_setup() const {
    TournamentSetup setup{.agents = {}, .env = {}, .games = games_, .seed = seed_, .batch = batch_};
    std::vector<std::string> overrides;
    std::string env = env_;
    for (const std::string& text : words_) {
      if (text.find('=') != std::string::npos) {
        overrides.push_back(text);
        continue;
      }
      TournamentAgent agent{.name = text, .word = opponent_word(text), .fingerprint = ""};
      if (const auto model = opponent_model(agent.word)) {
        agent.fingerprint = model_fingerprint(*model);
        if (env.empty()) env = id_of(read_model_card(*model).env);
      }
      setup.agents.push_back(std::move(agent));
    }
    setup.env = env_section(env.empty() ? kDefaultEnv : env, overrides);
    return setup;
  }

  // Complete, with the overrides on the environment's defaults.
  static Table env_section(const std::string& id, const std::vector<std::string>& overrides) {
    Table section;
    section.set("id", {id, "--env"});
    Table all;
    all.set("env", {std::move(section), "--env"});
    for (const std::string& text : overrides) {
      if (!text.starts_with("env.")) {
        fail("\"{}\": only env.* can be overridden in a tournament", text);
      }
      apply_override(all, text);
    }
    ConfigProblems problems;
    const Table resolved = EnvRegistry::instance()
                               .find(id, "environment")
                               .resolve(std::get<Table>(all.find("env")->data), problems);
    problems.throw_if_any();
    return resolved;
  }

  static fs::path default_folder(const TournamentSetup& setup) {
    std::string names;
    for (const TournamentAgent& agent : setup.agents) {
      names += (names.empty() ? "" : "_") + file_name(agent.name);
    }
    Table text;
    text.set("setup", {setup_json(setup)});
    return fs::path("tournaments") / fmt::format("{}_{:016x}", names.substr(0, 60), hash_of(text));
  }

  // 0, or the signal that stopped it.
  int play(const TournamentSetup& setup, TournamentLog& log) const {
    std::FILE* stream = json_ ? stderr : stdout;
    const StopSignal stop;
    LiveLine line(stream, is_terminal(stream), kReportEvery);
    const int all = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    TournamentProgress last;
    const bool is_complete = play_tournament(setup, log,
                                             {.num_threads = threads_ > 0 ? threads_ : all,
                                              .on_progress =
                                                  [&](const TournamentProgress& progress) {
                                                    last = progress;
                                                    if (line.is_due())
                                                      line.show(progress_text(progress));
                                                  },
                                              .should_stop = [&] { return stop.received() != 0; }});
    if (is_complete) {
      if (last.played_here > 0) line.say(done_text(last));
      return 0;
    }
    line.say(fmt::format("stopped; the same command goes on ({})", log.folder().string()));
    return stop.received();
  }

  static std::string progress_text(const TournamentProgress& progress) {
    const double share =
        static_cast<double>(progress.games) / static_cast<double>(progress.total_games);
    std::string text = fmt::format("{} {:.0f} %  {}/{} games  {:.0f} games/min",
                                   progress_bar(share), 100.0 * share, progress.games,
                                   progress.total_games, 60.0 * progress.games_per_s());
    if (progress.left_s() >= 0.0) text += "  ETA " + duration_text(progress.left_s());
    return text;
  }

  static std::string done_text(const TournamentProgress& progress) {
    return fmt::format("{} games in {}, {:.0f} games/min", progress.played_here,
                       duration_text(progress.elapsed_s), 60.0 * progress.games_per_s());
  }

  TournamentTable write_results(const TournamentSetup& setup, const TournamentLog& log) const {
    std::vector<std::string> names;
    for (const TournamentAgent& agent : setup.agents) names.push_back(agent.name);
    const TournamentTable table = make_table(names, log.pairs());
    const std::string json = table_json(table, setup_json(setup));
    const std::string about =
        fmt::format("{} agents on {}, {} games a pair, seed {}", setup.agents.size(),
                    id_of(setup.env), setup.games, setup.seed);
    write_file_atomically(log.folder() / "table.json", json);
    write_file_atomically(log.folder() / "table.csv", table_csv(table));
    write_file_atomically(log.folder() / "index.html",
                          tournament_page(table, {.title = "Tournament", .about = about}));
    if (json_) {
      fmt::print("{}", json);
    } else {
      fmt::print("{}\n{}\nwins count, draws do not; rating: mu - 3 sigma\n{}\n", about,
                 table_text(table), (log.folder() / "index.html").string());
    }
    return table;
  }

  static void save_ratings(const TournamentSetup& setup, const TournamentTable& table) {
    Archive archive(kArchiveFolder);
    for (std::size_t i = 0; i < setup.agents.size(); ++i) {
      const std::string& word = setup.agents[i].word;
      if (!is_archive_word(word)) continue;
      const std::string name = word.substr(std::string_view(kArchivePrefix).size());
      if (name.find(':') != std::string::npos) continue;  // without its planner: another player
      archive.set_rating(name, table.ratings[i], table.totals[i].games());
    }
  }

  std::vector<std::string> words_;
  std::int64_t games_ = 50;
  std::uint64_t seed_ = 1;
  std::string env_;
  std::string folder_;
  std::int64_t batch_ = 32;
  int threads_ = 0;
  bool save_ratings_ = false;
  bool json_ = false;
};

FS_REGISTER_WORD("tournament", TournamentCommand,
                 "everyone against everyone: who beats whom how often, and ratings",
                 "foresight tournament weak strong hockey-quick --games 200",
                 "foresight tournament weak strong hockey-quick hockey-quick:policy last",
                 "foresight tournament archive:early archive:late --save-ratings --json");

}  // namespace
}  // namespace foresight

#include <cstdlib>

#include "base/error.h"
#include "cli/command.h"
#include "cli/competition_report.h"
#include "cli/tournament_players.h"
#include "net/tournament_client.h"
#include "train/build_info.h"
#include "train/stop_signal.h"

namespace foresight {
namespace {

constexpr const char* kTokenVariable = "COMPRL_ACCESS_TOKEN";
constexpr const char* kHostVariable = "COMPRL_SERVER_URL";
constexpr const char* kPortVariable = "COMPRL_SERVER_PORT";

std::string from_environment(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? "" : text;
}

class CompeteCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("MODEL", model_,
                   "a run (its best weights), a model's folder, a shipped model, or weak, strong")
        ->required();
    app.add_option("--server", client_.host, "the server's name (default: COMPRL_SERVER_URL)");
    app.add_option("--port", port_, "its port (default: COMPRL_SERVER_PORT, or else 65335)")
        ->check(CLI::Range(1, 65535));
    app.add_option("--connections", client_.connections, "games at the same time")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    app.add_option("--games", client_.games, "leave after so many; 0: stay until Ctrl-C")
        ->capture_default_str()
        ->check(CLI::Range(0, 1000000000));
    app.add_option("--deadline-ms", deadline_ms_,
                   "a plan is ready after so long; the server waits 10 s for all connections")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 5000.0));
    app.add_flag("--policy-only", policy_only_, "act without the planner");
    app.add_option("--log", log_, "write games.jsonl and events.jsonl into this folder");
    app.add_option("--give-up", client_.give_up_s, "leave after so many seconds without the server")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 1e9));
    app.add_option("--seed", seed_, "of the planner's draws")->capture_default_str();
    app.add_option("--threads", threads_, "threads that compute; 0: all cores")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    app.add_flag("--json", json_, "the sum for programs; all else goes to standard error");
  }

  int run() override {
    choose_server();
    set_compute_threads(threads_);
    const auto player = make_tournament_player(model_, {.num_places = client_.connections,
                                                        .deadline_ms = deadline_ms_,
                                                        .use_planner = !policy_only_,
                                                        .seed = seed_});
    CompetitionReport report({.log = log_, .is_quiet = json_});
    TournamentClient client(client_, *player, report);
    const StopSignal stop;
    bool is_told = false;
    const auto should_stop = [&] {
      if (stop.received() != 0 && !std::exchange(is_told, true)) {
        report.clear_status();
        fmt::print(stderr, "ending the games in progress; once more ends at once\n");
      }
      return stop.received() != 0;
    };
    try {
      client.run(should_stop);
    } catch (const Error&) {
      if (client.totals().games > 0) tell_sum(report, client.totals());
      throw;
    }
    tell_sum(report, client.totals());
    const bool is_complete = client_.games == 0 || client.totals().games >= client_.games;
    return is_complete ? 0 : 128 + stop.received();
  }

 private:
  void choose_server() {
    if (client_.host.empty()) client_.host = from_environment(kHostVariable);
    if (client_.host.empty()) {
      fail("which server? --server HOST, or the environment variable {}", kHostVariable);
    }
    if (client_.host.find("//") != std::string::npos) {
      fail("\"{}\": expected the name of a host, not an address of the web; the port is --port",
           client_.host);
    }
    if (port_ == 0) port_ = port_from_environment();
    client_.port = static_cast<std::uint16_t>(port_);
    client_.seed = seed_;
    client_.token = from_environment(kTokenVariable);
    if (client_.token.empty()) {
      fail(
          "no access token: set the environment variable {} to the token that the tournament gave "
          "you",
          kTokenVariable);
    }
    if (client_.token.size() > kMaxAmpValueBytes) {
      fail("{}: a token of {} bytes, more than the protocol allows", kTokenVariable,
           client_.token.size());
    }
  }

  static int port_from_environment() {
    const std::string text = from_environment(kPortVariable);
    if (text.empty()) return tournament::kDefaultPort;
    constexpr std::size_t kMaxDigits = 5;
    const bool is_number =
        text.size() <= kMaxDigits && text.find_first_not_of("0123456789") == std::string::npos;
    const int port = is_number ? std::stoi(text) : 0;
    if (port < 1 || port > 65535) {
      fail("{}: expected a port from 1 to 65535, found \"{}\"", kPortVariable, text);
    }
    return port;
  }

  void tell_sum(CompetitionReport& report, const CompetitionTotals& totals) const {
    report.clear_status();
    fmt::print("{}\n", json_ ? CompetitionReport::json(totals) : CompetitionReport::text(totals));
  }

  TournamentClientConfig client_;
  std::string model_;
  int port_ = 0;
  double deadline_ms_ = 200.0;
  bool policy_only_ = false;
  std::string log_;
  std::uint64_t seed_ = 1;
  int threads_ = 0;
  bool json_ = false;
};

FS_REGISTER_WORD(
    "compete", CompeteCommand, "plays on a tournament server (comprl)",
    "COMPRL_ACCESS_TOKEN=... foresight compete hockey-quick --server HOST --port 65335",
    "foresight compete last --server HOST --connections 4 --log games",
    "foresight compete strong --server 127.0.0.1 --games 20 --json");

}  // namespace
}  // namespace foresight

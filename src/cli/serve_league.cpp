#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/error.h"
#include "base/input_file.h"
#include "cli/command.h"
#include "net/league_server.h"
#include "selfplay/rating.h"
#include "train/stop_signal.h"

namespace foresight {
namespace {

constexpr const char* kTokensFile = "tokens.txt";

void rate_game(LeagueRating& first, LeagueRating& second, int outcome) {
  Rating a{.mu = first.mu, .sigma = first.sigma};
  Rating b{.mu = second.mu, .sigma = second.sigma};
  PlackettLuce{}.rate(a, b, outcome);
  first = {.mu = a.mu, .sigma = a.sigma};
  second = {.mu = b.mu, .sigma = b.sigma};
}

class ServeLeagueCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--data", data_, "folder of results and tokens; a restart goes on from it")
        ->capture_default_str();
    app.add_option("--users", users_,
                   "names of players, with commas between: makes a token for each new one, prints "
                   "it and keeps it in the data folder")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--tokens", tokens_, "read players from this file instead: lines of name token");
    app.add_option("--host", config_.host, "the address to listen on; 0.0.0.0: everyone's")
        ->capture_default_str();
    app.add_option("--port", config_.port, "for players; 0: any free one")->capture_default_str();
    app.add_option("--page-port", config_.page_port, "of the page with the table; 0: any free one")
        ->capture_default_str();
    app.add_flag("--no-page", no_page_, "without that page");
    app.add_option("--timeout", config_.answer_timeout_s,
                   "seconds after which a player who does not answer is out")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0));
    app.add_option("--rematch-wait", config_.rematch_wait_s,
                   "seconds that two who have just met wait for somebody else")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 3600.0));
    app.add_option("--seed", seed_, "of the games' layouts (default: a new one each time)");
  }

  int run() override {
    ::umask(S_IRWXG | S_IRWXO);  // tokens are nobody else's
    config_.has_page = !no_page_;
    config_.seed = seed_ ? *seed_ : std::random_device{}();
    LeagueTable table(data_, rate_game);
    const std::vector<LeagueUser> users = choose_users();
    const StopSignal stop;  // before the first word that says it can be stopped
    LeagueServer server(config_, users, table, [](std::string_view line) { say(line); });
    say(fmt::format("{} players, {} games so far, data in {}", users.size(), table.num_games(),
                    display_path(data_)));
    say(fmt::format("league on {}, port {}", config_.host, server.port()));
    if (config_.has_page)
      say(fmt::format("table on http://{}:{}/", config_.host, server.page_port()));
    if (!is_loopback()) {
      say("everybody who reaches this machine can connect; tokens travel unencrypted");
    }
    bool is_told = false;
    server.run([&] {
      if (stop.received() != 0 && !std::exchange(is_told, true)) {
        say("ending the games in progress; once more ends at once");
      }
      return stop.received() != 0;
    });
    say("the league is closed");
    return 0;
  }

 private:
  static void say(std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

  bool is_loopback() const {
    return config_.host == "localhost" || config_.host == "::1" || config_.host.starts_with("127.");
  }

  std::vector<LeagueUser> choose_users() const {
    if (!tokens_.empty() && !users_.empty()) fail("--tokens or --users, not both");
    const std::filesystem::path kept = std::filesystem::path(data_) / kTokensFile;
    const bool has_kept = std::filesystem::exists(kept);
    std::vector<LeagueUser> users;
    if (!tokens_.empty()) {
      users = read_league_users(tokens_);
    } else if (has_kept) {
      users = read_league_users(kept);
    }
    const std::size_t num_old = users.size();
    for (const std::string& name : users_) {
      check_user_name(name);
      const auto is_name = [&](const LeagueUser& user) { return user.name == name; };
      if (std::ranges::none_of(users, is_name)) users.push_back({name, make_token()});
    }
    if (users.empty()) {
      fail("nobody may play: name the players with --users ann,bob or --tokens FILE");
    }
    if (users.size() > num_old) {
      write_league_users(kept, users);
      say(fmt::format("new tokens (COMPRL_ACCESS_TOKEN), kept in {}:", display_path(kept)));
      for (const LeagueUser& user : std::span(users).subspan(num_old)) {
        say(fmt::format("  {} {}", user.name, user.token));
      }
    }
    return users;
  }

  LeagueServerConfig config_;
  std::string data_ = "league";
  std::vector<std::string> users_;
  std::string tokens_;
  bool no_page_ = false;
  std::optional<std::uint64_t> seed_;
};

FS_REGISTER_WORD("serve-league", ServeLeagueCommand,
                 "holds a league: a tournament server with ratings and a page",
                 "foresight serve-league --users ann,bob,eve",
                 "foresight serve-league --tokens players.txt --data spring --host 0.0.0.0");

}  // namespace
}  // namespace foresight

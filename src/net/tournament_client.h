// Plays in a tournament: several connections of one user, each with games one after the other. One
// thread: whatever arrives is read at once, steps are answered in the order of their arrival.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "net/client_session.h"
#include "net/tournament_protocol.h"

namespace foresight {

struct TournamentClientConfig {
  std::string host;
  std::uint16_t port = tournament::kDefaultPort;
  std::string token;
  std::int64_t connections = 1;
  std::int64_t games = 0;         // then it leaves; 0: it stays until it is stopped
  double connect_timeout_s = 10;  // for one address
  double silence_s = 30;          // during login and in a game; a queue may be silent for ever
  double first_wait_s = 1;        // before the second try, then twice as long each time
  double longest_wait_s = 60;
  double settle_s = 10;    // a login that lasts so long counts as a success
  double give_up_s = 300;  // without any success
  std::uint64_t seed = 1;  // of the waits, which are up to a quarter longer by chance
};

struct CompetitionTotals {
  std::int64_t games = 0;  // finished
  std::int64_t wins = 0;
  std::int64_t draws = 0;
  std::int64_t losses = 0;
  std::int64_t cut_off = 0;  // not in `games`
  std::int64_t steps = 0;
  std::int64_t clamped = 0;
  std::int64_t replaced = 0;
  std::int64_t odd_observations = 0;
  std::int64_t lost_connections = 0;
  LatencyHistogram latency;
};

// Connections by what they do now.
struct CompetitionStatus {
  std::int64_t playing = 0;
  std::int64_t queued = 0;
  std::int64_t connecting = 0;
  std::int64_t waiting = 0;  // for the next try
};

// Who watches the competition.
class CompetitionObserver {
 public:
  virtual ~CompetitionObserver() = default;
  virtual void on_game(const GameRecord& record, const CompetitionTotals& totals) = 0;
  // A word of the server (is_server) or about the connection.
  virtual void on_word(std::int64_t connection, bool is_server, std::string_view text) = 0;
  // Several times a second.
  virtual void on_turn(const CompetitionStatus& status, const CompetitionTotals& totals) = 0;
};

class TournamentClient : private ClientSession::Host {
 public:
  // player and observer outlive it.
  TournamentClient(TournamentClientConfig config, TournamentPlayer& player,
                   CompetitionObserver& observer);

  // Plays until all games are over, or until should_stop(), which ends the games in progress first.
  // Error: the server cannot be reached for too long; TournamentRefusal: it does not let us in.
  void run(const std::function<bool()>& should_stop);

  const CompetitionTotals& totals() const { return totals_; }

 private:
  struct Connection {
    std::int64_t index = 0;
    std::optional<AmpStream> stream;
    std::optional<ClientSession> session;  // of this stream, once it is connected
    std::size_t address = 0;               // the one to try, or in use
    std::int64_t failures = 0;             // in a row
    std::int64_t promised = 0;             // games that the server was told to begin
    NetClock::time_point since;            // began to connect, or was connected
    NetClock::time_point retry_at;
    bool is_settled = false;
    bool is_done = false;
  };

  bool wants_game(std::int64_t connection) override;
  void on_game_end(const GameRecord& record) override;
  void on_message(std::int64_t connection, std::string_view text) override;

  bool is_over() const;
  void turn();
  void wait(bool has_step);
  void guard(Connection& connection, const std::function<void()>& action);
  void begin_connecting(Connection& connection);
  void check_time(Connection& connection);
  void on_events(Connection& connection, short revents);
  void take_boxes(Connection& connection);
  void leave_if_idle(Connection& connection);
  void on_loss(Connection& connection, const std::string& reason);
  void look_up_again();
  Connection* oldest_step();
  void check_give_up() const;
  CompetitionStatus status() const;
  std::string server_text() const;

  TournamentClientConfig config_;
  TournamentPlayer& player_;
  CompetitionObserver& observer_;
  Rng rng_;
  std::vector<TcpAddress> addresses_;
  std::vector<Connection> connections_;
  CompetitionTotals totals_;
  NetClock::time_point last_success_;
  std::string last_problem_;
  bool was_logged_in_ = false;
  bool is_stopping_ = false;
};

}  // namespace foresight

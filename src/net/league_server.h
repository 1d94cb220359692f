// A server of the tournament's protocol: whoever has a token plays hockey against the others, in
// lock-step, for a rating. One thread, which never waits for any single player.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "net/latency.h"
#include "net/league_game.h"
#include "net/league_page.h"
#include "net/league_peer.h"
#include "net/league_table.h"
#include "net/league_users.h"
#include "net/matchmaker.h"
#include "net/page_server.h"
#include "net/tournament_protocol.h"

namespace foresight {

struct LeagueServerConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = tournament::kDefaultPort;  // 0: any free one
  bool has_page = true;
  std::uint16_t page_port = tournament::kDefaultPort + 1;  // 0: any free one
  double answer_timeout_s = 10.0;
  double rematch_wait_s = 10.0;
  std::int64_t num_rounds = LeagueGame::kNumRounds;
  std::int64_t max_connections = 256;
  std::int64_t max_connections_per_user = 16;
  std::uint64_t seed = 1;  // of layouts and of games' names
};

class LeagueServer {
 public:
  // One line for people: who came, who won.
  using Say = std::function<void(std::string_view line)>;

  // table and users outlive it. Error: a port cannot be had.
  LeagueServer(LeagueServerConfig config, const std::vector<LeagueUser>& users, LeagueTable& table,
               Say say);

  std::uint16_t port() const { return listener_.port(); }
  std::uint16_t page_port() const { return page_ ? page_->port() : 0; }

  // Until should_stop(): then it begins no game, ends those in progress and returns. Error: a
  // result cannot be written.
  void run(const std::function<bool()>& should_stop);

  LeagueMoment moment() const;

 private:
  struct Match {
    std::int64_t id = 0;
    std::string name;                   // 16 bytes
    std::array<std::int64_t, 2> peers;  // left, right
    LeagueGame game;
    std::array<bool, 2> has_answered{};
    std::array<std::array<float, tournament::kActionDim>, 2> actions{};
    bool has_begun = false;  // both answered StartGame
  };

  void turn();
  void wait();
  void accept();
  void check_time();
  void take_answers(LeaguePeer& peer);
  // Runs what may find out that the peer is lost or talks nonsense.
  void guard(LeaguePeer& peer, const std::function<void()>& action);
  void sweep();

  void on_answer(LeaguePeer& peer, const PeerAnswer& answer);
  void on_login(LeaguePeer& peer, const AmpBox& values);
  void on_ready(LeaguePeer& peer, bool is_ready);
  void on_step(LeaguePeer& peer, const PeerAnswer& answer);
  void dismiss(LeaguePeer& peer, std::string_view reason);
  void leave_match(LeaguePeer& peer);

  void make_matches();
  std::vector<QueuedPlayer> queue() const;
  void begin_match(std::int64_t left, std::int64_t right);
  void note_answer(Match& match, const LeaguePeer& peer);
  void ask_steps(Match& match);
  // Both sides' players who are still there get their result; the match is gone.
  void end_match(Match& match);
  void abandon_match(std::int64_t id, const LeaguePeer& leaver);
  void tell_end(Match& match, int side, bool won);
  std::string random_name();
  std::int64_t num_connections_of(const std::string& user) const;
  const std::string& name_of(std::int64_t peer) const { return peers_.at(peer)->user; }

  LeagueServerConfig config_;
  const std::vector<LeagueUser>& users_;
  LeagueTable& table_;
  Say say_;
  Rng rng_;
  TcpListener listener_;
  std::unique_ptr<PageServer> page_;
  std::map<std::int64_t, std::unique_ptr<LeaguePeer>> peers_;
  std::map<std::int64_t, std::unique_ptr<Match>> matches_;
  std::map<std::string, LatencyHistogram> answers_;
  std::int64_t next_id_ = 1;
  bool is_stopping_ = false;
};

}  // namespace foresight

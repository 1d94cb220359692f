// The server's side of one player's connection: asks, and remembers what has not been answered.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/amp_stream.h"

namespace foresight {

struct PeerAnswer {
  std::string command;  // the one it answers
  AmpBox values;
  double ms = 0.0;  // since it was asked
};

class LeaguePeer {
 public:
  LeaguePeer(std::int64_t id, TcpStream stream);

  std::int64_t id() const { return id_; }
  pollfd wanted() const { return stream_.wanted(); }
  void on_events(short revents);  // ConnectionLost

  void ask(std::string_view command, const AmpBox& arguments);  // ConnectionLost
  // The next answer. AmpError: the peer sent no AMP, an answer to nothing, a command, or an error
  // of its own; ConnectionLost.
  std::optional<PeerAnswer> next_answer();
  // How long the oldest question waits; 0 without any.
  double oldest_wait_s(NetClock::time_point now) const;

  // Says why and lets it go: what is queued is still sent, what comes is thrown away.
  void dismiss(std::string_view reason);
  // It is lost already: nothing is said.
  void lose();
  bool is_dismissed() const { return dismissed_at_.has_value(); }
  // Dismissed, and all has been said or it took too long.
  bool is_gone(NetClock::time_point now) const;

  // What the league knows of it.
  std::string user;  // empty before the login
  std::optional<NetClock::time_point> queued_since;
  std::string last_opponent;
  std::optional<std::int64_t> match;

 private:
  struct Question {
    std::string command;
    NetClock::time_point asked;
  };

  std::int64_t id_;
  AmpStream stream_;
  std::uint64_t num_asked_ = 0;
  std::map<std::string, Question, std::less<>> questions_;
  std::optional<NetClock::time_point> dismissed_at_;
  bool is_output_ended_ = false;
  bool is_lost_ = false;
};

}  // namespace foresight

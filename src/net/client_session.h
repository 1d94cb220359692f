// One login at a tournament server: what a client answers to whom, without sockets or clocks of its
// own. Commands: net/tournament_protocol.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/amp_stream.h"
#include "net/latency.h"

namespace foresight {

// The server does not let us in, now or later: nothing is won by trying again.
class TournamentRefusal : public Error {
 public:
  using Error::Error;
};

// Who plays. Each connection has a place of its own, and its games come one after the other.
class TournamentPlayer {
 public:
  virtual ~TournamentPlayer() = default;
  virtual void begin_game(std::int64_t place) = 0;
  // observation [18], finite; is_first_step: a round begins with it; action [4], filled.
  virtual void act(std::int64_t place, bool is_first_step, std::span<const float> observation,
                   std::span<float> action) = 0;
};

struct GameRecord {
  std::string name;  // as the server named it
  std::int64_t connection = 0;
  std::chrono::system_clock::time_point begin;
  bool is_finished = false;  // false: the connection broke before the server said how it ended
  bool won = false;
  double own_score = 0.0;  // rounds won
  double other_score = 0.0;
  std::int64_t steps = 0;
  std::int64_t rounds = 0;            // begun, told by the players' standing at the kick-off
  std::int64_t clamped = 0;           // numbers of actions beyond [-1, 1]
  std::int64_t replaced = 0;          // numbers of actions that were not finite; 0 was sent
  std::int64_t odd_observations = 0;  // numbers of observations that were not finite; 0 was seen
  LatencyHistogram latency;           // from a Step's arrival to its answer's departure

  bool is_draw() const { return is_finished && !won && own_score == other_score; }
};

// Makes what a player chose fit to be sent: numbers that are not finite become 0, others are
// clamped to [-1, 1]; counts both.
void make_valid(std::span<float> action, GameRecord& record);

// Both rackets stand where a round begins, and nothing moves yet.
bool is_kick_off(std::span<const float> observation);

class ClientSession {
 public:
  // What the owner of all connections decides and notes.
  class Host {
   public:
    virtual ~Host() = default;
    // The server asks for one more game of this connection.
    virtual bool wants_game(std::int64_t connection) = 0;
    virtual void on_game_end(const GameRecord& record) = 0;
    virtual void on_message(std::int64_t connection, std::string_view text) = 0;
  };

  ClientSession(std::int64_t connection, std::string token, Host& host, TournamentPlayer& player);

  // A box of the server. The answer to it, if there is one to give now; a Step is answered by
  // act(). AmpError: no such box may come here. TournamentRefusal: see there.
  std::optional<AmpBox> receive(const AmpBox& box, NetClock::time_point arrival);

  bool has_step() const { return step_.has_value(); }
  NetClock::time_point step_arrival() const { return step_->arrival; }
  // Lets the player act on the step that waits. Nothing: the server wants no answer.
  std::optional<AmpBox> act();

  bool is_logged_in() const { return is_logged_in_; }
  bool is_in_game() const { return game_.has_value(); }
  // It said that it wants no game after this one.
  bool has_declined() const { return has_declined_; }
  // The connection broke: whatever was being played is noted as unfinished.
  void abandon();

 private:
  struct Step {
    std::optional<std::string> ask;
    NetClock::time_point arrival;
    std::vector<float> observation;
  };

  AmpBox values_for(const std::string& command, const AmpBox& box);
  void begin_game(const AmpBox& box);
  void note_step(const AmpBox& box, NetClock::time_point arrival);
  void end_game(const AmpBox& box);
  void hear(const AmpBox& box, bool is_error);

  std::int64_t connection_;
  std::string token_;
  Host& host_;
  TournamentPlayer& player_;
  std::optional<GameRecord> game_;
  std::optional<Step> step_;
  bool is_logged_in_ = false;
  bool has_declined_ = false;
};

}  // namespace foresight

// The learner's end of its actors: who is there, what they bring, what they are told. Nothing waits
// but tend(); one thread does everything. A peer that breaks the rules is told so and let go, and
// the others go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor_message.h"
#include "actors/actor_words.h"
#include "actors/episode_parcel.h"
#include "net/tcp.h"

namespace foresight {

class ActorServer {
 public:
  struct Settings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string token;
    EnvSpec spec;
    ActorWelcome welcome;  // with the run's seed; each actor gets its own out of it
    std::function<void(const std::string& line)> say;
  };
  // An episode in whole, from actor `name`, to be stored and confirmed.
  struct Arrival {
    std::string name;
    std::uint64_t number = 0;
    EpisodeParcel parcel;
  };
  // What is remembered of an actor while its processes and connections come and go.
  struct Known {
    std::uint64_t last_number = 0;   // of its episodes that are stored
    std::int64_t num_processes = 0;  // that played under this name
    std::uint64_t instance = 0;      // the last of them
    std::vector<std::int64_t> unfinished;
  };
  using KnownActors = std::map<std::string, Known>;

  // Error: the address cannot be had.
  explicit ActorServer(Settings settings);

  std::uint16_t port() const { return listener_.port(); }
  // Hears and says what there is; waits at most so long for something to happen.
  void tend(std::int64_t timeout_ms);

  // The next episode, in the order of their numbers; one that is stored already is confirmed again
  // and passed over.
  std::optional<Arrival> take();
  // It is stored: its actor need not keep it.
  void confirm(const Arrival& arrival);
  // For everybody, now and later.
  void set_orders(const ActorOrders& orders) { orders_ = to_text(orders); }
  void set_weights(std::string message);
  void say_farewell();

  std::vector<LostEpisode> take_lost() { return std::exchange(lost_, {}); }
  // Steps that were played and are not taken yet, as far as it is known.
  std::int64_t num_steps_ahead() const;
  std::int64_t num_playing() const;
  const KnownActors& known() const { return known_; }
  void set_known(KnownActors known) { known_ = std::move(known); }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stage { kGreeting, kPreparing, kPlaying, kLeaving };
  struct Connection {
    TcpStream stream;
    ActorMessageDecoder decoder;
    Stage stage = Stage::kGreeting;
    Clock::time_point since = Clock::now();  // in this stage
    std::string name = {};
    std::uint64_t instance = 0;
    std::string orders = {};  // as last sent
    std::int64_t weights_version = 0;
  };

  void attend(Connection& connection, short events);
  void hear(Connection& connection);
  void handle(Connection& connection, const ActorMessage& message);
  void greet(Connection& connection, const ActorHello& hello);
  void note_instance(const ActorHello& hello);
  void receive_episode(Connection& connection, std::string_view payload);
  void tell_news(Connection& connection);
  void send(Connection& connection, ActorMessageKind kind, std::string_view payload);
  void enter(Connection& connection, Stage stage);
  void refuse(Connection& connection, const std::string& reason);
  void drop_those_that_left();
  Connection* playing(const std::string& name);

  Settings settings_;
  TcpListener listener_;
  std::list<Connection> connections_;
  std::deque<Arrival> arrivals_;
  KnownActors known_;
  std::vector<LostEpisode> lost_;
  std::string orders_;
  std::string weights_;  // a whole frame
  std::int64_t weights_version_ = 0;
  int num_refusals_ = 0;
};

}  // namespace foresight

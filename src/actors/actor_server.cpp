#include "actors/actor_server.h"

#include <algorithm>
#include <utility>

#include "actors/actor_program.h"
#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

constexpr auto kGreetingTime = std::chrono::seconds(30);
constexpr auto kLeavingTime = std::chrono::seconds(5);
constexpr std::size_t kMostConnections = 512;
constexpr std::size_t kMostArrivals = 4096;                     // beyond it nobody is listened to
constexpr std::size_t kMostBytesAtOnce = std::size_t{8} << 20;  // of one peer, before the next one
constexpr std::uint64_t kMaxHelloBytes = 4096;
constexpr int kMostRefusalsTold = 100;

ActorMessageLimits limits_of_strangers() { return {{ActorMessageKind::kHello, kMaxHelloBytes}}; }

ActorMessageLimits limits_of_actors(const EnvSpec& spec) {
  return {{ActorMessageKind::kReady, kMaxActorWordBytes},
          {ActorMessageKind::kEpisode, max_parcel_bytes(spec)},
          {ActorMessageKind::kLoss, kMaxActorWordBytes},
          {ActorMessageKind::kPulse, kMaxActorWordBytes}};
}

}  // namespace

ActorServer::ActorServer(Settings settings)
    : settings_(std::move(settings)), listener_(settings_.host, settings_.port) {}

void ActorServer::tend(std::int64_t timeout_ms) {
  std::vector<pollfd> wanted{listener_.wanted()};
  for (const Connection& connection : connections_) {
    wanted.push_back(connection.stream.wanted());
    if (arrivals_.size() >= kMostArrivals) wanted.back().events &= static_cast<short>(~POLLIN);
  }
  wait_for_events(wanted, timeout_ms);
  // Those that are here come first: one who was started anew knocks when its old connection has
  // ended.
  auto events = wanted.begin();
  for (Connection& connection : connections_) attend(connection, (++events)->revents);
  drop_those_that_left();
  if ((wanted.front().revents & POLLIN) != 0) {
    for (TcpStream& stream : listener_.accept_waiting()) {
      if (connections_.size() == kMostConnections) continue;  // closed at once
      connections_.push_back(
          {.stream = std::move(stream), .decoder = ActorMessageDecoder(limits_of_strangers())});
    }
  }
}

void ActorServer::attend(Connection& connection, short events) {
  try {
    if ((events & POLLOUT) != 0) connection.stream.on_writable();
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) hear(connection);
    if (connection.stage == Stage::kPlaying) tell_news(connection);
    const auto waited = Clock::now() - connection.since;
    if (connection.stage == Stage::kGreeting && waited > kGreetingTime) {
      refuse(connection, "it did not say who it is");
    }
  } catch (const ConnectionLost& problem) {
    if (connection.stage == Stage::kPlaying) {
      settings_.say(fmt::format("{} is gone: {}", connection.name, problem.what()));
    }
    connection.stage = Stage::kLeaving;
    connection.since = {};
  } catch (const Error& problem) {
    refuse(connection, problem.what());
  }
}

void ActorServer::hear(Connection& connection) {
  std::size_t num_bytes = 0;
  while (num_bytes < kMostBytesAtOnce) {
    const std::string bytes = connection.stream.receive();
    if (bytes.empty()) break;
    num_bytes += bytes.size();
    if (connection.stage != Stage::kLeaving) connection.decoder.append(bytes);
  }
  while (connection.stage != Stage::kLeaving) {
    const auto message = connection.decoder.next();
    if (!message) break;
    handle(connection, *message);
  }
  if (connection.stream.is_at_end()) throw ConnectionLost("it closed the connection");
}

void ActorServer::handle(Connection& connection, const ActorMessage& message) {
  const bool is_greeting = message.kind == ActorMessageKind::kHello;
  const bool is_ready = message.kind == ActorMessageKind::kReady;
  const Stage expected = is_greeting ? Stage::kGreeting
                         : is_ready  ? Stage::kPreparing
                                     : Stage::kPlaying;
  if (connection.stage != expected)
    fail("a message of kind {} too early or too late", static_cast<std::uint32_t>(message.kind));
  switch (message.kind) {
    case ActorMessageKind::kHello:
      return greet(connection, parse_hello(message.payload));
    case ActorMessageKind::kReady:
      if (const std::string own = env_text(settings_.spec); message.payload != own) {
        fail("its environment is another one:\n  here  {}\n  there {}", own, message.payload);
      }
      settings_.say(fmt::format("{} plays", connection.name));
      return enter(connection, Stage::kPlaying);
    case ActorMessageKind::kEpisode:
      return receive_episode(connection, message.payload);
    case ActorMessageKind::kLoss: {
      LostEpisode loss = parse_loss(message.payload);
      loss.reason = connection.name + ": " + loss.reason;
      lost_.push_back(std::move(loss));
      return;
    }
    case ActorMessageKind::kPulse:
      known_[connection.name].unfinished = parse_pulse(message.payload).unfinished;
      return;
    default:
      FS_CHECK(false, "kind {} is not among the limits", static_cast<std::uint32_t>(message.kind));
  }
}

void ActorServer::greet(Connection& connection, const ActorHello& hello) {
  if (hello.token != settings_.token) {
    fail("its token is wrong (FORESIGHT_ACTOR_TOKEN; the run keeps it in actors/token)");
  }
  if (hello.protocol != kActorProtocol || hello.program != actor_program_text()) {
    fail("it is Foresight {}, protocol {}, and this learner {}, protocol {}: use the same build",
         hello.program, hello.protocol, actor_program_text(), kActorProtocol);
  }
  for (Connection& other : connections_) {
    if (other.name != hello.name || other.stage == Stage::kLeaving) continue;
    if (other.instance != hello.instance) {
      fail("an actor of the name {} is here already (--name chooses another)", hello.name);
    }
    enter(other, Stage::kLeaving);  // the same one, whose old connection we still took for good
    other.since = {};
  }
  note_instance(hello);
  connection.name = hello.name;
  connection.instance = hello.instance;
  connection.decoder.set_limits(limits_of_actors(settings_.spec));
  const Known& known = known_[hello.name];
  ActorWelcome welcome = settings_.welcome;
  welcome.last_number = known.last_number;
  Rng rng(static_cast<std::uint64_t>(welcome.seed), "actor " + hello.name,
          static_cast<std::uint64_t>(known.num_processes));
  welcome.seed = static_cast<std::int64_t>(rng.next_u64() >> 2U);
  send(connection, ActorMessageKind::kWelcome, to_text(welcome));
  enter(connection, Stage::kPreparing);
}

// Another process under a known name: what the one before had begun is lost.
void ActorServer::note_instance(const ActorHello& hello) {
  Known& known = known_[hello.name];
  if (known.instance == hello.instance) return;
  for (const std::int64_t length : known.unfinished) {
    lost_.push_back({.game = 0, .length = length, .reason = hello.name + " was started anew"});
  }
  known.unfinished.clear();
  known.instance = hello.instance;
  ++known.num_processes;
}

void ActorServer::receive_episode(Connection& connection, std::string_view payload) {
  const std::uint64_t number = parse_actor_number(payload);
  if (number <= known_[connection.name].last_number) {
    send(connection, ActorMessageKind::kReceipt, actor_number(number));
    return;
  }
  const auto bytes = payload.substr(sizeof number);
  arrivals_.push_back({.name = connection.name,
                       .number = number,
                       .parcel = read_parcel(std::as_bytes(std::span(bytes.data(), bytes.size())),
                                             settings_.spec)});
}

std::optional<ActorServer::Arrival> ActorServer::take() {
  while (!arrivals_.empty()) {
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    // Sent again over a new connection, while the first copy was waiting here.
    if (arrival.number > known_[arrival.name].last_number) return arrival;
    confirm(arrival);
  }
  return std::nullopt;
}

void ActorServer::confirm(const Arrival& arrival) {
  auto& last_number = known_[arrival.name].last_number;
  last_number = std::max(last_number, arrival.number);
  Connection* connection = playing(arrival.name);
  if (connection == nullptr) return;  // it asks when it is back
  try {
    send(*connection, ActorMessageKind::kReceipt, actor_number(arrival.number));
  } catch (const ConnectionLost&) {  // noticed, and told, by the next tend()
  }
}

void ActorServer::set_weights(std::string message) {
  weights_ = encode_actor_message(ActorMessageKind::kWeights, message);
  ++weights_version_;
}

// The newest weights only, and not before the last ones are on their way: a slow line does not pile
// them up.
void ActorServer::tell_news(Connection& connection) {
  if (!orders_.empty() && connection.orders != orders_) {
    send(connection, ActorMessageKind::kOrders, orders_);
    connection.orders = orders_;
  }
  if (connection.weights_version != weights_version_ && connection.stream.queued_bytes() == 0) {
    connection.weights_version = weights_version_;
    connection.stream.send(weights_);
  }
}

void ActorServer::send(Connection& connection, ActorMessageKind kind, std::string_view payload) {
  connection.stream.send(encode_actor_message(kind, payload));
}

void ActorServer::enter(Connection& connection, Stage stage) {
  connection.stage = stage;
  connection.since = Clock::now();
}

void ActorServer::refuse(Connection& connection, const std::string& reason) {
  if (++num_refusals_ <= kMostRefusalsTold) {
    settings_.say(fmt::format("{} is refused: {}",
                              connection.name.empty() ? "somebody" : connection.name, reason));
  }
  enter(connection, Stage::kLeaving);
  try {
    send(connection, ActorMessageKind::kRefusal, reason);
    connection.stream.end_output();
  } catch (const ConnectionLost&) {
    connection.since = {};
  }
}

void ActorServer::drop_those_that_left() {
  std::erase_if(connections_, [](const Connection& connection) {
    return connection.stage == Stage::kLeaving && Clock::now() - connection.since > kLeavingTime;
  });
}

ActorServer::Connection* ActorServer::playing(const std::string& name) {
  for (Connection& connection : connections_) {
    if (connection.name == name && connection.stage == Stage::kPlaying) return &connection;
  }
  return nullptr;
}

void ActorServer::say_farewell() {
  for (Connection& connection : connections_) {
    try {
      if (connection.stage != Stage::kLeaving) send(connection, ActorMessageKind::kFarewell, "");
    } catch (const ConnectionLost&) {  // it need not be told
    }
  }
}

std::int64_t ActorServer::num_steps_ahead() const {
  std::int64_t sum = 0;
  for (const Arrival& arrival : arrivals_) sum += arrival.parcel.own.num_steps();
  for (const auto& [name, known] : known_) {
    for (const std::int64_t length : known.unfinished) sum += length;
  }
  return sum;
}

std::int64_t ActorServer::num_playing() const {
  return std::ranges::count(connections_, Stage::kPlaying, &Connection::stage);
}

}  // namespace foresight

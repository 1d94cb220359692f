#include "net/tournament_client.h"

#include <algorithm>
#include <cmath>

namespace foresight {
namespace {

// How long a turn may wait when nothing happens: signals and the display are looked after in
// between.
constexpr double kTurnMs = 100.0;
constexpr double kMaxExtraWait = 0.25;
// Boxes of one connection in one turn: a flood must not keep the others waiting.
constexpr int kMaxBoxesAtOnce = 64;
// A peer that sends but never reads gets no more than this.
constexpr std::size_t kMaxQueuedBytes = std::size_t{1} << 20;

}  // namespace

TournamentClient::TournamentClient(TournamentClientConfig config, TournamentPlayer& player,
                                   CompetitionObserver& observer)
    : config_(std::move(config)),
      player_(player),
      observer_(observer),
      rng_(config_.seed, "tournament client") {
  FS_CHECK(config_.connections > 0, "{} connections", config_.connections);
}

void TournamentClient::run(const std::function<bool()>& should_stop) {
  addresses_ = resolve_host(config_.host, config_.port);
  last_success_ = NetClock::now();
  connections_.resize(static_cast<std::size_t>(config_.connections));
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].index = static_cast<std::int64_t>(i);
    connections_[i].retry_at = last_success_;
  }
  while (!is_over()) {
    is_stopping_ = is_stopping_ || should_stop();
    turn();
    observer_.on_turn(status(), totals_);
  }
}

bool TournamentClient::is_over() const {
  if (config_.games > 0 && totals_.games >= config_.games) return true;
  return std::ranges::all_of(connections_, [](const auto& item) { return item.is_done; });
}

void TournamentClient::turn() {
  for (Connection& connection : connections_) {
    guard(connection, [&] { check_time(connection); });
  }
  check_give_up();
  wait(oldest_step() != nullptr);
  for (Connection& connection : connections_) {
    guard(connection, [&] { take_boxes(connection); });
  }
  // One step a turn, so that the others' arrivals are seen, and timed, in between.
  if (Connection* connection = oldest_step()) {
    guard(*connection, [&] {
      if (const auto answer = connection->session->act()) connection->stream->send(*answer);
    });
  }
}

// Runs what may find out that the connection is lost.
void TournamentClient::guard(Connection& connection, const std::function<void()>& action) {
  if (connection.is_done) return;
  try {
    action();
  } catch (const ConnectionLost& loss) {
    on_loss(connection, loss.what());
  } catch (const AmpError& problem) {
    if (!was_logged_in_) {
      throw TournamentRefusal(
          fmt::format("{} does not speak the tournament's protocol: {}\n  check host and port",
                      server_text(), problem.what()));
    }
    on_loss(connection, fmt::format("the server sent {}", problem.what()));
  }
}

// What the clock demands of a connection.
void TournamentClient::check_time(Connection& connection) {
  const auto now = NetClock::now();
  if (!connection.stream) {
    if (is_stopping_) {
      connection.is_done = true;
    } else if (now >= connection.retry_at) {
      begin_connecting(connection);
    }
    return;
  }
  const auto is_past = [&](NetClock::time_point begin, double limit_s) {
    return now - begin > from_ms(1000.0 * limit_s);
  };
  if (connection.stream->tcp().is_connecting()) {
    if (is_stopping_) connection.is_done = true;
    if (!is_past(connection.since, config_.connect_timeout_s)) return;
    throw ConnectionLost(fmt::format("no connection within {:g} s", config_.connect_timeout_s));
  }
  const ClientSession& session = *connection.session;
  const bool must_speak = !session.is_logged_in() || (session.is_in_game() && !session.has_step());
  const auto last = std::max(connection.since, connection.stream->last_arrival());
  if (must_speak && is_past(last, config_.silence_s)) {
    throw ConnectionLost(fmt::format("the server was silent for {:g} s {}", config_.silence_s,
                                     session.is_in_game() ? "in a game" : "during the login"));
  }
  if (session.is_logged_in()) {
    connection.is_settled |= is_past(connection.since, config_.settle_s);
    if (connection.is_settled) {
      connection.failures = 0;
      last_success_ = now;
    }
  }
  leave_if_idle(connection);
}

void TournamentClient::begin_connecting(Connection& connection) {
  connection.since = NetClock::now();
  connection.is_settled = false;
  connection.session.reset();
  connection.stream.emplace(TcpStream(addresses_[connection.address % addresses_.size()]));
}

// Waits for the network, not at all if there is something to do.
void TournamentClient::wait(bool has_step) {
  std::vector<pollfd> wanted;
  std::vector<Connection*> owners;
  for (Connection& connection : connections_) {
    if (!connection.stream || connection.is_done) continue;
    wanted.push_back(connection.stream->wanted());
    owners.push_back(&connection);
  }
  double timeout_ms = has_step ? 0.0 : kTurnMs;
  const auto now = NetClock::now();
  for (const Connection& connection : connections_) {
    if (connection.stream || connection.is_done) continue;
    timeout_ms = std::clamp(std::ceil(ms_between(now, connection.retry_at)), 0.0, timeout_ms);
  }
  wait_for_events(wanted, static_cast<std::int64_t>(timeout_ms));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    guard(*owners[i], [&] { on_events(*owners[i], wanted[i].revents); });
  }
}

void TournamentClient::on_events(Connection& connection, short revents) {
  AmpStream& stream = *connection.stream;
  const bool was_connecting = stream.tcp().is_connecting();
  stream.on_events(revents);
  if (was_connecting && !stream.tcp().is_connecting()) {
    connection.since = NetClock::now();
    connection.session.emplace(connection.index, config_.token,
                               static_cast<ClientSession::Host&>(*this), player_);
  }
}

void TournamentClient::take_boxes(Connection& connection) {
  if (!connection.session) return;
  AmpStream& stream = *connection.stream;
  ClientSession& session = *connection.session;
  for (int i = 0; i < kMaxBoxesAtOnce && !session.has_step(); ++i) {
    const auto box = stream.next();
    if (!box) break;
    if (const auto answer = session.receive(*box, stream.last_arrival())) stream.send(*answer);
    was_logged_in_ |= session.is_logged_in();
    if (stream.tcp().queued_bytes() > kMaxQueuedBytes) {
      throw ConnectionLost("the server asks but does not read the answers");
    }
  }
  leave_if_idle(connection);
}

// Closes a connection that has nothing more to do: between games when all is to end, or after the
// last game it was wanted for.
void TournamentClient::leave_if_idle(Connection& connection) {
  const ClientSession& session = *connection.session;
  if (session.is_in_game()) return;
  if (!is_stopping_ && !session.has_declined()) return;
  connection.is_done = true;
  connection.promised = 0;
  connection.session.reset();
  connection.stream.reset();
}

void TournamentClient::on_loss(Connection& connection, const std::string& reason) {
  ++totals_.lost_connections;
  last_problem_ = reason;
  if (connection.session) connection.session->abandon();
  const bool was_connected = connection.session.has_value();
  connection.session.reset();
  connection.stream.reset();
  connection.promised = 0;
  ++connection.address;
  if (is_stopping_) {
    connection.is_done = true;
    return;
  }
  const bool has_other_address = !was_connected && connection.address % addresses_.size() != 0;
  double wait_s = 0.0;
  if (!has_other_address) {
    if (was_connected) connection.address = 0;
    const double doubled =
        config_.first_wait_s * std::pow(2.0, static_cast<double>(connection.failures));
    wait_s = std::min(doubled, config_.longest_wait_s) * (1.0 + kMaxExtraWait * rng_.uniform());
    ++connection.failures;
    look_up_again();
  }
  connection.retry_at = NetClock::now() + from_ms(1000.0 * wait_s);
  observer_.on_word(connection.index, /*is_server=*/false,
                    fmt::format("{}: {}; trying again in {:.1f} s", server_text(), reason, wait_s));
}

// The host may have another address by now. Waits for the name server, so not while games run.
void TournamentClient::look_up_again() {
  const auto is_up = [](const Connection& item) { return item.session.has_value(); };
  if (std::ranges::any_of(connections_, is_up)) return;
  try {
    addresses_ = resolve_host(config_.host, config_.port);
  } catch (const Error& problem) {  // the old ones may still be right
    last_problem_ = problem.what();
  }
}

TournamentClient::Connection* TournamentClient::oldest_step() {
  Connection* oldest = nullptr;
  for (Connection& connection : connections_) {
    if (!connection.session || !connection.session->has_step()) continue;
    if (oldest == nullptr || connection.session->step_arrival() < oldest->session->step_arrival()) {
      oldest = &connection;
    }
  }
  return oldest;
}

void TournamentClient::check_give_up() const {
  const double without_s = ms_between(last_success_, NetClock::now()) / 1000.0;
  if (is_stopping_ || last_problem_.empty() || without_s < config_.give_up_s) return;
  fail(
      "gave up after {:.0f} s without success at {}: {}\n  is the server up? --give-up sets how "
      "long to try",
      without_s, server_text(), last_problem_);
}

// Every Ready is a promise: the server begins a game for each.
bool TournamentClient::wants_game(std::int64_t connection) {
  if (is_stopping_) return false;
  std::int64_t expected = totals_.games;
  for (const Connection& item : connections_) expected += item.promised;
  if (config_.games > 0 && expected >= config_.games) return false;
  ++connections_[connection].promised;
  return true;
}

void TournamentClient::on_game_end(const GameRecord& record) {
  totals_.steps += record.steps;
  totals_.clamped += record.clamped;
  totals_.replaced += record.replaced;
  totals_.odd_observations += record.odd_observations;
  totals_.latency.add(record.latency);
  Connection& connection = connections_[record.connection];
  connection.promised = std::max<std::int64_t>(connection.promised - 1, 0);
  if (record.is_finished) {
    ++totals_.games;
    ++(record.won ? totals_.wins : record.is_draw() ? totals_.draws : totals_.losses);
    connection.is_settled = true;
    last_success_ = NetClock::now();
  } else {
    ++totals_.cut_off;
  }
  observer_.on_game(record, totals_);
}

void TournamentClient::on_message(std::int64_t connection, std::string_view text) {
  observer_.on_word(connection, /*is_server=*/true, text);
}

CompetitionStatus TournamentClient::status() const {
  CompetitionStatus status;
  for (const Connection& connection : connections_) {
    if (connection.is_done) continue;
    if (!connection.stream) {
      ++status.waiting;
    } else if (!connection.session || !connection.session->is_logged_in()) {
      ++status.connecting;
    } else {
      ++(connection.session->is_in_game() ? status.playing : status.queued);
    }
  }
  return status;
}

std::string TournamentClient::server_text() const {
  return fmt::format("{}:{}", config_.host, config_.port);
}

}  // namespace foresight

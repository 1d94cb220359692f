#include "net/league_server.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "net/amp_values.h"

namespace foresight {
namespace {

// How long a turn may wait when nothing happens: signals and time limits are looked after in
// between.
constexpr std::int64_t kTurnMs = 50;
constexpr std::array kBothSides{0, 1};

// Player's numbers as the protocol demands them; nothing: they break its rules.
std::optional<std::array<float, tournament::kActionDim>> valid_action(const AmpBox& values) {
  const std::vector<double> numbers = parse_amp_float_list(values.at("action"));
  std::array<float, tournament::kActionDim> action{};
  if (numbers.size() != action.size()) return std::nullopt;
  for (std::size_t i = 0; i < action.size(); ++i) {
    if (!(std::abs(numbers[i]) <= 1.0)) return std::nullopt;  // not a number too
    action[i] = static_cast<float>(numbers[i]);
  }
  return action;
}

}  // namespace

LeagueServer::LeagueServer(LeagueServerConfig config, const std::vector<LeagueUser>& users,
                           LeagueTable& table, Say say)
    : config_(std::move(config)),
      users_(users),
      table_(table),
      say_(std::move(say)),
      rng_(config_.seed, "league server"),
      listener_(config_.host, config_.port) {
  for (const LeagueUser& user : users_) table_.enter(user.name);
  if (!config_.has_page) return;
  page_ = std::make_unique<PageServer>(
      config_.host, config_.page_port,
      [this](std::string_view request) { return page_response(request, table_, moment()); });
}

void LeagueServer::run(const std::function<bool()>& should_stop) {
  while (!is_stopping_ || !matches_.empty()) {
    is_stopping_ = is_stopping_ || should_stop();
    turn();
  }
  for (const auto& [id, peer] : peers_) dismiss(*peer, "The league is closed");
  while (!peers_.empty()) turn();
}

void LeagueServer::turn() {
  wait();
  for (const auto& [id, peer] : peers_) take_answers(*peer);
  check_time();
  if (!is_stopping_) make_matches();
  sweep();
}

void LeagueServer::wait() {
  std::vector<pollfd> wanted;
  std::vector<LeaguePeer*> owners;
  for (const auto& [id, peer] : peers_) {
    wanted.push_back(peer->wanted());
    owners.push_back(peer.get());
  }
  const std::size_t listener_at = wanted.size();
  wanted.push_back(listener_.wanted());
  if (std::ssize(peers_) >= config_.max_connections) wanted.back().events = 0;
  if (page_) page_->want(wanted);
  wait_for_events(wanted, kTurnMs);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (wanted[i].revents == 0) continue;
    guard(*owners[i], [&] { owners[i]->on_events(wanted[i].revents); });
  }
  if (page_) page_->on_events(std::span(wanted).subspan(listener_at + 1));
  if (wanted[listener_at].revents != 0) accept();
}

void LeagueServer::accept() {
  for (TcpStream& stream : listener_.accept_waiting()) {
    const std::int64_t id = next_id_++;
    auto& peer = peers_[id] = std::make_unique<LeaguePeer>(id, std::move(stream));
    guard(*peer, [&] { peer->ask(tournament::kAuthentication, {}); });
  }
}

void LeagueServer::guard(LeaguePeer& peer, const std::function<void()>& action) {
  const std::string who = peer.user.empty() ? fmt::format("connection {}", peer.id()) : peer.user;
  try {
    action();
  } catch (const ConnectionLost& loss) {
    if (!peer.is_dismissed()) say_(fmt::format("{} left: {}", who, loss.what()));
    peer.lose();
    leave_match(peer);
  } catch (const AmpError& problem) {
    say_(fmt::format("{} sent {}", who, problem.what()));
    dismiss(peer, "The connection is closed: it sent something the protocol does not know");
  }
}

void LeagueServer::take_answers(LeaguePeer& peer) {
  guard(peer, [&] {
    while (!peer.is_dismissed()) {
      const auto answer = peer.next_answer();
      if (!answer) break;
      on_answer(peer, *answer);
    }
  });
}

void LeagueServer::check_time() {
  const auto now = NetClock::now();
  for (const auto& [id, peer] : peers_) {
    if (peer->oldest_wait_s(now) <= config_.answer_timeout_s) continue;
    say_(fmt::format("{} gave no answer within {:g} s",
                     peer->user.empty() ? fmt::format("connection {}", id) : peer->user,
                     config_.answer_timeout_s));
    dismiss(*peer, fmt::format("No answer within {:g} s", config_.answer_timeout_s));
  }
}

void LeagueServer::sweep() {
  const auto now = NetClock::now();
  std::erase_if(peers_, [&](const auto& item) { return item.second->is_gone(now); });
}

void LeagueServer::on_answer(LeaguePeer& peer, const PeerAnswer& answer) {
  if (answer.command == tournament::kAuthentication) {
    on_login(peer, answer.values);
  } else if (answer.command == tournament::kReady) {
    on_ready(peer, parse_amp_boolean(answer.values.at("ready")));
  } else if (answer.command == tournament::kStartGame && peer.match) {
    note_answer(*matches_.at(*peer.match), peer);
  } else if (answer.command == tournament::kStep && peer.match) {
    on_step(peer, answer);
  }
}

void LeagueServer::on_login(LeaguePeer& peer, const AmpBox& values) {
  const LeagueUser* user = find_user(users_, values.at("token"));
  if (parse_amp_integer(values.at("version")) != tournament::kVersion) {
    say_(fmt::format("connection {} speaks another version", peer.id()));
    dismiss(peer, tournament::kWrongVersion);
  } else if (user == nullptr) {
    say_(fmt::format("connection {} has no valid token", peer.id()));
    dismiss(peer, tournament::kWrongToken);
  } else if (num_connections_of(user->name) >= config_.max_connections_per_user) {
    dismiss(peer, fmt::format("More than {} connections", config_.max_connections_per_user));
  } else {
    peer.user = user->name;
    say_(fmt::format("{} is here ({} connections)", peer.user, num_connections_of(peer.user)));
    peer.ask(tournament::kReady, {});
    peer.ask(tournament::kMessage, {{"msg", std::string(tournament::kWelcome)}});
  }
}

void LeagueServer::on_ready(LeaguePeer& peer, bool is_ready) {
  if (!is_ready) return;  // it stays, and is never asked again
  peer.queued_since = NetClock::now();
  peer.ask(tournament::kMessage, {{"msg", std::string(tournament::kWaiting)}});
}

void LeagueServer::on_step(LeaguePeer& peer, const PeerAnswer& answer) {
  Match& match = *matches_.at(*peer.match);
  const auto action = valid_action(answer.values);
  if (!action) {
    say_(fmt::format("{} sent an invalid action", peer.user));
    dismiss(peer, tournament::kInvalidAction);
    return;
  }
  answers_[peer.user].add(answer.ms);
  match.actions[match.peers[0] == peer.id() ? 0 : 1] = *action;
  note_answer(match, peer);
}

// Goes on when both sides have answered.
void LeagueServer::note_answer(Match& match, const LeaguePeer& peer) {
  match.has_answered[match.peers[0] == peer.id() ? 0 : 1] = true;
  if (!match.has_answered[0] || !match.has_answered[1]) return;
  if (match.has_begun) match.game.play(match.actions[0], match.actions[1]);
  match.has_begun = true;
  if (match.game.is_over()) {
    end_match(match);
  } else {
    ask_steps(match);
  }
}

void LeagueServer::ask_steps(Match& match) {
  match.has_answered = {};
  const std::int64_t id = match.id;
  for (const int side : kBothSides) {
    LeaguePeer& peer = *peers_.at(match.peers[side]);
    const AmpBox arguments{
        {"obv", amp_float_list(tournament::as_doubles(match.game.observation(side)))}};
    guard(peer, [&] { peer.ask(tournament::kStep, arguments); });
    if (!matches_.contains(id)) return;  // the peer was lost, and with it the match
  }
}

void LeagueServer::make_matches() {
  const auto games_between = [&](const std::string& a, const std::string& b) {
    return table_.games_between(a, b);
  };
  std::set<std::string> online;
  for (const auto& [id, peer] : peers_) {
    if (peer->queued_since || peer->match) online.insert(peer->user);
  }
  const MatchmakerOptions options{.rematch_wait_s = config_.rematch_wait_s,
                                  .users_online = std::ssize(online)};
  while (const auto pair = next_pair(queue(), games_between, options)) {
    begin_match(pair->first, pair->second);
  }
}

std::vector<QueuedPlayer> LeagueServer::queue() const {
  std::vector<QueuedPlayer> waiting;
  const auto now = NetClock::now();
  for (const auto& [id, peer] : peers_) {
    if (!peer->queued_since || peer->match) continue;
    waiting.push_back({.connection = id,
                       .user = peer->user,
                       .last_opponent = peer->last_opponent,
                       .waited_s = ms_between(*peer->queued_since, now) / 1000.0});
  }
  return waiting;
}

void LeagueServer::begin_match(std::int64_t left, std::int64_t right) {
  if (rng_.below(2) == 1) std::swap(left, right);
  const std::int64_t id = next_id_++;
  auto& match = matches_[id] =
      std::make_unique<Match>(Match{.id = id,
                                    .name = random_name(),
                                    .peers = {left, right},
                                    .game = LeagueGame(rng_.next_u64(), config_.num_rounds)});
  for (const int side : kBothSides) {
    LeaguePeer& peer = *peers_.at(match->peers[side]);
    peer.match = id;
    peer.queued_since.reset();
    peer.last_opponent = name_of(match->peers[1 - side]);
  }
  const auto peers = match->peers;
  const std::string name = match->name;  // the match is gone if one of them has left
  for (const std::int64_t peer_id : peers) {
    LeaguePeer& peer = *peers_.at(peer_id);
    if (!peer.match) return;
    guard(peer, [&] { peer.ask(tournament::kStartGame, {{"game_id", name}}); });
  }
}

void LeagueServer::tell_end(Match& match, int side, bool won) {
  LeaguePeer& peer = *peers_.at(match.peers[side]);
  peer.match.reset();
  if (peer.is_dismissed()) return;
  const auto& score = match.game.score();
  const std::array stats{static_cast<double>(score[side]), static_cast<double>(score[1 - side])};
  guard(peer, [&] {
    // In this order, as the public server does.
    if (!is_stopping_) peer.ask(tournament::kReady, {});
    peer.ask(tournament::kEndGame,
             {{"result", amp_boolean(won)}, {"stats", amp_float_list(stats)}});
  });
}

void LeagueServer::end_match(Match& match) {
  const auto owned = std::move(matches_.extract(match.id).mapped());
  const auto& score = match.game.score();
  const LeagueResult result{.game = tournament::game_name(match.name),
                            .time = utc_text(),
                            .left = name_of(match.peers[0]),
                            .right = name_of(match.peers[1]),
                            .left_score = score[0],
                            .right_score = score[1],
                            .steps = match.game.steps()};
  table_.add(result);
  say_(fmt::format("{} {}:{} {} ({} steps)", result.left, score[0], score[1], result.right,
                   result.steps));
  for (const int side : kBothSides) tell_end(match, side, score[side] > score[1 - side]);
}

// Not rated: the other one is told that he did not win, as the public server does.
void LeagueServer::abandon_match(std::int64_t id, const LeaguePeer& leaver) {
  const auto owned = std::move(matches_.extract(id).mapped());
  const int side = owned->peers[0] == leaver.id() ? 1 : 0;
  say_(fmt::format("{} left in the middle of a game against {}: it does not count", leaver.user,
                   name_of(owned->peers[side])));
  tell_end(*owned, side, /*won=*/false);
}

void LeagueServer::dismiss(LeaguePeer& peer, std::string_view reason) {
  peer.dismiss(reason);
  leave_match(peer);
}

void LeagueServer::leave_match(LeaguePeer& peer) {
  if (const auto match = std::exchange(peer.match, std::nullopt)) abandon_match(*match, peer);
}

// A version 4 UUID.
std::string LeagueServer::random_name() {
  std::string bytes;
  for (int i = 0; i < 2; ++i) {
    std::uint64_t word = rng_.next_u64();
    for (int byte = 0; byte < 8; ++byte, word >>= 8) bytes += static_cast<char>(word & 0xff);
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return bytes;
}

std::int64_t LeagueServer::num_connections_of(const std::string& user) const {
  return std::ranges::count_if(peers_, [&](const auto& item) {
    return item.second->user == user && !item.second->is_dismissed();
  });
}

LeagueMoment LeagueServer::moment() const {
  LeagueMoment moment;
  moment.num_waiting = std::ssize(queue());
  for (const auto& [id, match] : matches_) {
    const auto& score = match->game.score();
    moment.matches.push_back(fmt::format("{} {}:{} {}", name_of(match->peers[0]), score[0],
                                         score[1], name_of(match->peers[1])));
  }
  for (const auto& [id, peer] : peers_) {
    if (!peer->user.empty() && !peer->is_dismissed()) ++moment.online[peer->user];
  }
  moment.answers = answers_;
  return moment;
}

}  // namespace foresight

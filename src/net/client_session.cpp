#include "net/client_session.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "net/amp_values.h"
#include "net/tournament_protocol.h"

namespace foresight {
namespace {

// Text of the server for people. A server that sends our token back does not get it printed.
std::string heard_text(std::string text, const std::string& token) {
  for (std::size_t at = 0; (at = text.find(token, at)) != std::string::npos;) {
    text.replace(at, token.size(), "(token)");
  }
  return printable(text);
}

std::int64_t make_finite(std::span<float> values) {
  std::int64_t replaced = 0;
  for (float& value : values) {
    if (std::isfinite(value)) continue;
    value = 0.0f;
    ++replaced;
  }
  return replaced;
}

}  // namespace

void make_valid(std::span<float> action, GameRecord& record) {
  record.replaced += make_finite(action);
  for (float& value : action) {
    const float inside = std::clamp(value, -1.0f, 1.0f);
    record.clamped += inside != value ? 1 : 0;
    value = inside;
  }
}

bool is_kick_off(std::span<const float> observation) {
  // x, y, angle, vx, vy, spin of the own and of the other racket, from the field's middle.
  constexpr std::array<float, 12> kStanding{-3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0};
  constexpr float kTolerance = 1e-5f;
  return std::equal(kStanding.begin(), kStanding.end(), observation.begin(),
                    [&](float a, float b) { return std::abs(a - b) < kTolerance; });
}

ClientSession::ClientSession(std::int64_t connection, std::string token, Host& host,
                             TournamentPlayer& player)
    : connection_(connection), token_(std::move(token)), host_(host), player_(player) {}

std::optional<AmpBox> ClientSession::receive(const AmpBox& box, NetClock::time_point arrival) {
  const std::string& command = box.at(tournament::kCommand);  // we ask nothing: no answers come
  const std::string* ask = box.find(tournament::kAsk);
  if (command == tournament::kStep) {
    note_step(box, arrival);
    return std::nullopt;
  }
  constexpr std::array kKnown{tournament::kAuthentication, tournament::kReady,
                              tournament::kStartGame,      tournament::kEndGame,
                              tournament::kErrorMessage,   tournament::kMessage};
  if (std::ranges::find(kKnown, command) == kKnown.end()) {
    if (ask == nullptr) return std::nullopt;
    return tournament::unknown_command(*ask, command);
  }
  const AmpBox values = values_for(command, box);
  if (ask == nullptr) return std::nullopt;
  return tournament::answer(*ask, values);
}

AmpBox ClientSession::values_for(const std::string& command, const AmpBox& box) {
  if (command == tournament::kAuthentication) {
    return {{"token", token_}, {"version", amp_integer(tournament::kVersion)}};
  }
  if (command == tournament::kReady) {
    is_logged_in_ = true;
    has_declined_ = !host_.wants_game(connection_);
    return {{"ready", amp_boolean(!has_declined_)}};
  }
  if (command == tournament::kStartGame) {
    begin_game(box);
  } else if (command == tournament::kEndGame) {
    end_game(box);
  } else {
    hear(box, command == tournament::kErrorMessage);
  }
  return {};
}

void ClientSession::begin_game(const AmpBox& box) {
  const std::string name = tournament::game_name(box.at("game_id"));
  abandon();  // the server forgot to end the last one
  game_.emplace();
  game_->name = name;
  game_->connection = connection_;
  game_->begin = std::chrono::system_clock::now();
  player_.begin_game(connection_);
}

void ClientSession::note_step(const AmpBox& box, NetClock::time_point arrival) {
  if (!game_) throw AmpError("a step of no game");
  if (step_) throw AmpError("a step before the last one was answered");
  const std::vector<double> numbers = parse_amp_float_list(box.at("obv"));
  if (std::ssize(numbers) != tournament::kObservationDim) {
    throw TournamentRefusal(
        fmt::format("the server plays another game: its observations have {} numbers, those of "
                    "hockey {}\n  check host and port",
                    numbers.size(), tournament::kObservationDim));
  }
  Step step;
  if (const std::string* ask = box.find(tournament::kAsk)) step.ask = *ask;
  step.arrival = arrival;
  for (const double number : numbers) step.observation.push_back(static_cast<float>(number));
  game_->odd_observations += make_finite(step.observation);
  step_ = std::move(step);
}

std::optional<AmpBox> ClientSession::act() {
  FS_CHECK(step_ && game_, "no step waits for an answer");
  const Step step = *std::exchange(step_, std::nullopt);
  const bool is_first_step = game_->steps == 0 || is_kick_off(step.observation);
  game_->rounds += is_first_step ? 1 : 0;
  ++game_->steps;
  std::array<float, tournament::kActionDim> action{};
  player_.act(connection_, is_first_step, step.observation, action);
  make_valid(action, *game_);
  game_->latency.add(ms_between(step.arrival, NetClock::now()));
  if (!step.ask) return std::nullopt;
  return tournament::answer(*step.ask,
                            {{"action", amp_float_list(tournament::as_doubles(action))}});
}

void ClientSession::end_game(const AmpBox& box) {
  const bool won = parse_amp_boolean(box.at("result"));
  const std::vector<double> scores = parse_amp_float_list(box.at("stats"));
  step_.reset();
  if (!game_) return;  // one that this connection never saw begin
  game_->is_finished = true;
  game_->won = won;
  if (!scores.empty()) game_->own_score = scores[0];
  if (scores.size() > 1) game_->other_score = scores[1];
  host_.on_game_end(*std::exchange(game_, std::nullopt));
}

void ClientSession::hear(const AmpBox& box, bool is_error) {
  const std::string& text = box.at("msg");
  const bool is_wrong_token = text.find(tournament::kWrongToken) != std::string::npos;
  const bool is_wrong_version = text.find("wrong version") != std::string::npos;
  if (is_error && is_wrong_token) {
    throw TournamentRefusal(
        "the server refused the access token (\"Authentication failed\")\n  set "
        "COMPRL_ACCESS_TOKEN "
        "to the token that the tournament gave you, without spaces or quotes around it");
  }
  if (is_error && is_wrong_version) {
    throw TournamentRefusal(
        fmt::format("the server speaks another version of the protocol (\"{}\"), this program "
                    "version {}\n  a newer or older Foresight may fit",
                    heard_text(text, token_), tournament::kVersion));
  }
  host_.on_message(connection_, (is_error ? "error: " : "") + heard_text(text, token_));
}

void ClientSession::abandon() {
  step_.reset();
  if (game_) host_.on_game_end(*std::exchange(game_, std::nullopt));
}

}  // namespace foresight

#include "net/league_peer.h"

#include <algorithm>

#include "net/amp_values.h"
#include "net/tournament_protocol.h"

namespace foresight {
namespace {

// A player's answers are short.
constexpr AmpLimits kAnswerLimits{.max_fields = 16, .max_box_bytes = std::size_t{1} << 14};
// Of one who does not read.
constexpr std::size_t kMaxQueuedBytes = std::size_t{1} << 18;
constexpr double kFarewellSeconds = 2.0;

}  // namespace

LeaguePeer::LeaguePeer(std::int64_t id, TcpStream stream)
    : id_(id), stream_(std::move(stream), kAnswerLimits) {}

void LeaguePeer::on_events(short revents) {
  if (!is_dismissed()) {
    stream_.on_events(revents);
    return;
  }
  TcpStream& tcp = stream_.tcp();
  if ((revents & POLLOUT) != 0) tcp.on_writable();
  if ((revents & ~POLLOUT) != 0) tcp.receive();
  if (tcp.queued_bytes() == 0 && !std::exchange(is_output_ended_, true)) tcp.end_output();
}

void LeaguePeer::ask(std::string_view command, const AmpBox& arguments) {
  const std::uint64_t number = ++num_asked_;
  questions_.emplace(tournament::ask_text(number), Question{std::string(command), NetClock::now()});
  stream_.send(tournament::question(number, command, arguments));
  if (stream_.tcp().queued_bytes() > kMaxQueuedBytes) {
    throw ConnectionLost("it does not read what it is sent");
  }
}

std::optional<PeerAnswer> LeaguePeer::next_answer() {
  const auto box = stream_.next();
  if (!box) return std::nullopt;
  if (const std::string* description = box->find("_error_description")) {
    throw AmpError(fmt::format("an error: {}", printable(*description, 200)));
  }
  const auto question = questions_.find(box->at(tournament::kAnswer));
  if (question == questions_.end()) throw AmpError("an answer to no question");
  PeerAnswer answer{.command = question->second.command,
                    .values = *box,
                    .ms = ms_between(question->second.asked, stream_.last_arrival())};
  questions_.erase(question);
  return answer;
}

double LeaguePeer::oldest_wait_s(NetClock::time_point now) const {
  double oldest = 0.0;
  for (const auto& [number, question] : questions_) {
    oldest = std::max(oldest, ms_between(question.asked, now) / 1000.0);
  }
  return oldest;
}

void LeaguePeer::dismiss(std::string_view reason) {
  if (is_dismissed()) return;
  try {
    if (!reason.empty()) ask(tournament::kErrorMessage, {{"msg", std::string(reason)}});
  } catch (const ConnectionLost&) {  // it will not hear it
  }
  dismissed_at_ = NetClock::now();
  questions_.clear();
  queued_since.reset();
  if (stream_.tcp().queued_bytes() == 0) {
    is_output_ended_ = true;
    stream_.tcp().end_output();
  }
}

void LeaguePeer::lose() {
  is_lost_ = true;
  if (!is_dismissed()) dismissed_at_ = NetClock::now();
  questions_.clear();
  queued_since.reset();
}

bool LeaguePeer::is_gone(NetClock::time_point now) const {
  if (!is_dismissed()) return false;
  return is_lost_ || stream_.is_at_end() ||
         ms_between(*dismissed_at_, now) > 1000.0 * kFarewellSeconds;
}

}  // namespace foresight

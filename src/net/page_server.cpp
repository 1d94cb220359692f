#include "net/page_server.h"

namespace foresight {
namespace {

constexpr std::size_t kMaxVisitors = 64;
constexpr std::size_t kMaxRequestBytes = 8192;
constexpr double kMaxVisitSeconds = 10.0;

}  // namespace

PageServer::PageServer(const std::string& host, std::uint16_t port, Respond respond)
    : listener_(host, port), respond_(std::move(respond)) {}

void PageServer::want(std::vector<pollfd>& wanted) const {
  wanted.push_back(listener_.wanted());
  if (visitors_.size() >= kMaxVisitors) wanted.back().events = 0;
  for (const Visitor& visitor : visitors_) wanted.push_back(visitor.stream.wanted());
}

void PageServer::on_events(std::span<const pollfd> happened) {
  const auto now = NetClock::now();
  auto event = happened.begin() + 1;
  for (auto visitor = visitors_.begin(); visitor != visitors_.end(); ++event) {
    bool is_done = ms_between(visitor->since, now) > 1000.0 * kMaxVisitSeconds;
    try {
      is_done = serve(*visitor, event->revents) || is_done;
    } catch (const ConnectionLost&) {
      is_done = true;
    }
    visitor = is_done ? visitors_.erase(visitor) : std::next(visitor);
  }
  if (happened[0].revents == 0) return;
  for (TcpStream& stream : listener_.accept_waiting()) {
    if (visitors_.size() < kMaxVisitors) visitors_.push_back({std::move(stream), now, {}});
  }
}

bool PageServer::serve(Visitor& visitor, short revents) const {
  if ((revents & POLLOUT) != 0) visitor.stream.on_writable();
  if ((revents & ~POLLOUT) != 0) {
    const std::string bytes = visitor.stream.receive();
    if (!visitor.is_answered) visitor.request += bytes;
    if (visitor.stream.is_at_end()) return true;
  }
  const auto end = visitor.request.find("\r\n\r\n");
  if (end == std::string::npos) return visitor.request.size() > kMaxRequestBytes;
  if (!visitor.is_answered) {
    visitor.is_answered = true;
    visitor.stream.send(respond_(std::string_view(visitor.request).substr(0, end)));
    if (visitor.stream.queued_bytes() == 0) visitor.stream.end_output();
  } else if (visitor.stream.queued_bytes() == 0 && (revents & POLLOUT) != 0) {
    visitor.stream.end_output();
  }
  return false;  // it leaves, or its time is up
}

}  // namespace foresight

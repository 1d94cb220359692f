// A TCP connection that carries AMP boxes.
#pragma once

#include <chrono>
#include <optional>

#include "net/amp.h"
#include "net/tcp.h"

namespace foresight {

using NetClock = std::chrono::steady_clock;

inline double ms_between(NetClock::time_point begin, NetClock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}
inline NetClock::duration from_ms(double ms) {
  return std::chrono::duration_cast<NetClock::duration>(
      std::chrono::duration<double, std::milli>(ms));
}

class AmpStream {
 public:
  explicit AmpStream(TcpStream stream, AmpLimits limits = {})
      : stream_(std::move(stream)), decoder_(limits) {}

  TcpStream& tcp() { return stream_; }
  pollfd wanted() const { return stream_.wanted(); }
  // What poll found: sends and reads. ConnectionLost.
  void on_events(short revents);
  void send(const AmpBox& box);  // ConnectionLost
  // The next whole box that arrived. AmpError: the peer sent no AMP; ConnectionLost: it closed the
  // connection, and all it sent has been taken.
  std::optional<AmpBox> next();
  bool is_at_end() const { return stream_.is_at_end(); }
  NetClock::time_point last_arrival() const { return last_arrival_; }

 private:
  TcpStream stream_;
  AmpDecoder decoder_;
  NetClock::time_point last_arrival_ = NetClock::now();
};

}  // namespace foresight

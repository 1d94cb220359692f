#include "net/amp_stream.h"

namespace foresight {

void AmpStream::on_events(short revents) {
  if ((revents & POLLNVAL) != 0) throw ConnectionLost("the connection is gone");
  if (stream_.is_connecting()) {
    if (revents != 0) stream_.on_writable();
    return;
  }
  // What the peer said before it left is read first, even if it takes nothing any more.
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !stream_.is_at_end()) {
    const std::string bytes = stream_.receive();
    if (!bytes.empty()) last_arrival_ = NetClock::now();
    decoder_.append(bytes);
  }
  if ((revents & POLLOUT) != 0) stream_.on_writable();
}

void AmpStream::send(const AmpBox& box) { stream_.send(encode_amp(box)); }

std::optional<AmpBox> AmpStream::next() {
  if (auto box = decoder_.next()) return box;
  if (!stream_.is_at_end()) return std::nullopt;
  throw ConnectionLost(decoder_.is_in_box() ? "the connection was closed in the middle of a message"
                                            : "the connection was closed");
}

}  // namespace foresight

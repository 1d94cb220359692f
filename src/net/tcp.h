// TCP connections that never block, for a loop around poll(2).
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace foresight {

// The peer is gone, or the network in between; the text says why.
class ConnectionLost : public Error {
 public:
  using Error::Error;
};

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int number() const { return number_; }

 private:
  int number_ = -1;
};

struct TcpAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  std::string text() const;  // "127.0.0.1:65335"
};

// All addresses of a host, best first; waits for the name server. Error: there is no such host.
std::vector<TcpAddress> resolve_host(const std::string& host, std::uint16_t port);

class TcpStream {
 public:
  // Begins to connect; is_connecting() until poll reports that it may write.
  explicit TcpStream(const TcpAddress& address);
  // One that a listener accepted.
  explicit TcpStream(Descriptor descriptor);

  bool is_connecting() const { return is_connecting_; }
  // What poll shall wait for.
  pollfd wanted() const;
  // After poll: completes a connection or sends what is queued. ConnectionLost.
  void on_writable();
  // Sends, or queues what the peer does not take yet. ConnectionLost.
  void send(std::string_view bytes);
  std::size_t queued_bytes() const { return output_.size() - num_sent_; }
  // Says that nothing more will be sent; what the peer still says can be read.
  void end_output();
  // Whatever has arrived, 64 KiB at most; empty: nothing now. The end of the stream sets
  // is_at_end(). ConnectionLost.
  std::string receive();
  bool is_at_end() const { return is_at_end_; }

 private:
  void flush();

  Descriptor socket_;
  std::string output_;
  std::size_t num_sent_ = 0;  // of output_
  bool is_connecting_ = false;
  bool is_at_end_ = false;
};

class TcpListener {
 public:
  // Port 0: any free one. Error: the address cannot be had, and why.
  TcpListener(const std::string& host, std::uint16_t port);

  std::uint16_t port() const;
  pollfd wanted() const { return {.fd = socket_.number(), .events = POLLIN, .revents = 0}; }
  // Everybody who has knocked, at most a few at a time.
  std::vector<TcpStream> accept_waiting();

 private:
  Descriptor socket_;
};

// Waits until something of `wanted` happens (see revents), a signal comes or so long has passed.
void wait_for_events(std::vector<pollfd>& wanted, std::int64_t timeout_ms);

}  // namespace foresight

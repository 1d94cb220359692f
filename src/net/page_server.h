// Hands out pages to browsers: HTTP/1.1, one request a connection, nothing kept.
#pragma once

#include <functional>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/amp_stream.h"

namespace foresight {

class PageServer {
 public:
  using Respond = std::function<std::string(std::string_view request)>;

  // Error: see TcpListener.
  PageServer(const std::string& host, std::uint16_t port, Respond respond);

  std::uint16_t port() const { return listener_.port(); }
  // Adds what poll shall wait for; on_events() takes the same entries back, in this order.
  void want(std::vector<pollfd>& wanted) const;
  void on_events(std::span<const pollfd> happened);
  std::size_t num_wanted() const { return visitors_.size() + 1; }

 private:
  struct Visitor {
    TcpStream stream;
    NetClock::time_point since;
    std::string request;
    bool is_answered = false;
  };

  // True: it is done with.
  bool serve(Visitor& visitor, short revents) const;

  TcpListener listener_;
  Respond respond_;
  std::list<Visitor> visitors_;
};

}  // namespace foresight

// An actor's end of its connection to the learner: finds it, says who it is, finds it again when
// the connection breaks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/actor_message.h"
#include "actors/actor_words.h"
#include "net/tcp.h"

namespace foresight {

class LearnerLink {
 public:
  struct Settings {
    std::string host;
    std::uint16_t port = 0;
    ActorHello hello;
    double patience_s = 60.0;  // how long a learner may be away
    std::function<void(const std::string& line)> say;
  };
  explicit LearnerLink(Settings settings) : settings_(std::move(settings)) {}

  // Tries again until a learner answers. Error: nobody does in time, or we are refused (why).
  ActorWelcome connect();
  // What has come; waits at most so long for it. ConnectionLost, also of what send() noticed.
  // Error: we are refused.
  std::vector<ActorMessage> receive(std::int64_t timeout_ms);
  // Sends, or queues what the learner does not take yet, which receive() sends.
  void send(ActorMessageKind kind, std::string_view payload);

 private:
  ActorWelcome greet(const TcpAddress& address);

  Settings settings_;
  std::optional<TcpStream> stream_;
  ActorMessageDecoder decoder_{{}};
  std::string problem_;  // of the connection, noticed by send()
};

}  // namespace foresight

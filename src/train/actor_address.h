// Where a learner hears its actors: HOST:PORT.
#pragma once

#include <cstdint>
#include <string>

namespace foresight {

struct ActorAddress {
  std::string host;
  std::uint16_t port = 0;
};

// Error: it is not HOST:PORT.
ActorAddress parse_actor_address(const std::string& text);

}  // namespace foresight

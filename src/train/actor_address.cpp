#include "train/actor_address.h"

#include <charconv>

#include "base/error.h"

namespace foresight {

ActorAddress parse_actor_address(const std::string& text) {
  const auto colon = text.rfind(':');
  ActorAddress address;
  if (colon != std::string::npos && colon > 0) {
    const char* end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (problem == std::errc() && rest == end) {
      address.host = text.substr(0, colon);
      return address;
    }
  }
  fail("expected HOST:PORT, found \"{}\"", text);
}

}  // namespace foresight

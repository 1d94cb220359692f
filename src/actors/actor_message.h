// What learner and actors send each other over a connection, as frames:
//
//   kind (4 bytes)  checksum of the payload, CRC-32C (4)  length (8)  payload
//
// little-endian. Whatever a stranger sends is a message of an expected kind and length, or an
// Error.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace foresight {

enum class ActorMessageKind : std::uint32_t {
  kHello = 1,  // actor: who I am (actor_words.h)
  kWelcome,    // learner: the run
  kReady,      // actor: the environment that I have
  kWeights,    // learner: what to act with (weights_parcel.h)
  kOrders,     // learner: the phase, past selves, random actions or not
  kEpisode,    // actor: a number (8 bytes), then an episode (episode_parcel.h)
  kReceipt,    // learner: the number (8 bytes) of an episode that is stored
  kLoss,       // actor: an episode that its environment broke
  kPulse,      // actor: how long the unfinished episodes are
  kRefusal,    // learner: why this connection ends, for people
  kFarewell,   // learner: the run is over
};

struct ActorMessage {
  ActorMessageKind kind = ActorMessageKind::kHello;
  std::string payload;
};

std::string encode_actor_message(ActorMessageKind kind, std::string_view payload);

// The kinds that may come, and how many bytes each may have.
using ActorMessageLimits = std::map<ActorMessageKind, std::uint64_t>;

class ActorMessageDecoder {
 public:
  explicit ActorMessageDecoder(ActorMessageLimits limits) : limits_(std::move(limits)) {}

  // From now on.
  void set_limits(ActorMessageLimits limits) { limits_ = std::move(limits); }
  void append(std::string_view bytes) { buffer_ += bytes; }
  // The next one, nothing while it is not complete. Error: a kind that is not expected, too long,
  // damaged; nothing that follows can be read then.
  std::optional<ActorMessage> next();

 private:
  ActorMessageLimits limits_;
  std::string buffer_;
};

// Numbers of 8 bytes at the beginning of a payload. Error: it is too short.
std::string actor_number(std::uint64_t number);
std::uint64_t parse_actor_number(std::string_view payload);

}  // namespace foresight

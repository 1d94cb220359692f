// The short messages between learner and actors, JSON each. Whatever does not parse is an Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "env/env_spec.h"
#include "train/episode_summary.h"

namespace foresight {

inline constexpr int kActorProtocol = 1;
// Of short messages; a welcome carries a whole config.
inline constexpr std::uint64_t kMaxActorWordBytes = std::uint64_t{1} << 16;
inline constexpr std::uint64_t kMaxWelcomeBytes = std::uint64_t{1} << 24;

struct ActorHello {
  int protocol = kActorProtocol;
  std::string program;  // version and commit: both sides are the same build
  std::string token;
  std::string name;            // of the actor, which it keeps when it is started anew
  std::uint64_t instance = 0;  // of this process
};

struct ActorWelcome {
  std::string config;             // of the run, TOML
  std::string run_folder;         // where the learner has it: past selves lie there
  std::int64_t seed = 0;          // of this process' games
  std::uint64_t last_number = 0;  // of its episodes that are stored
  std::int64_t lead_steps = 1;    // finished ones that may wait for a receipt before it waits
};

struct ActorOrders {
  std::int64_t phase = 0;
  std::int64_t phase_episodes = 0;  // of it, over
  bool at_random = false;
  std::string copies;  // copies_to_json(); empty without self-play
  bool operator==(const ActorOrders&) const = default;
};

struct ActorPulse {
  std::vector<std::int64_t> unfinished;  // steps, one an episode in progress
};

std::string to_text(const ActorHello& hello);
std::string to_text(const ActorWelcome& welcome);
std::string to_text(const ActorOrders& orders);
std::string to_text(const ActorPulse& pulse);
std::string to_text(const LostEpisode& loss);
ActorHello parse_hello(std::string_view text);
ActorWelcome parse_welcome(std::string_view text);
ActorOrders parse_orders(std::string_view text);
ActorPulse parse_pulse(std::string_view text);
LostEpisode parse_loss(std::string_view text);

// What both sides must have alike of an environment, in one line.
std::string env_text(const EnvSpec& spec);

}  // namespace foresight

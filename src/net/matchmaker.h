// Who plays whom next in a league. Whoever waits longest comes first and gets, among those who wait
// too, the one he has met least; nobody plays himself. Two who have just met wait a little for
// somebody else, if anybody else is there.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace foresight {

struct QueuedPlayer {
  std::int64_t connection = 0;
  std::string user;
  std::string last_opponent;  // empty: none yet
  double waited_s = 0.0;
};

struct MatchmakerOptions {
  double rematch_wait_s = 10.0;
  std::int64_t users_online = 0;  // waiting or playing
};

// How often two users have met.
using GamesBetween = std::function<std::int64_t(const std::string& a, const std::string& b)>;

// Two connections of `queue`; nothing: nobody can play now.
std::optional<std::pair<std::int64_t, std::int64_t>> next_pair(std::span<const QueuedPlayer> queue,
                                                               const GamesBetween& games_between,
                                                               const MatchmakerOptions& options);

}  // namespace foresight

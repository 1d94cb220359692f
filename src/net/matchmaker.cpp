#include "net/matchmaker.h"

#include <algorithm>
#include <vector>

namespace foresight {
namespace {

bool may_meet(const QueuedPlayer& a, const QueuedPlayer& b, const MatchmakerOptions& options) {
  if (a.user == b.user) return false;
  const bool is_rematch = a.last_opponent == b.user && b.last_opponent == a.user;
  return !is_rematch || options.users_online <= 2 ||
         std::min(a.waited_s, b.waited_s) >= options.rematch_wait_s;
}

}  // namespace

std::optional<std::pair<std::int64_t, std::int64_t>> next_pair(std::span<const QueuedPlayer> queue,
                                                               const GamesBetween& games_between,
                                                               const MatchmakerOptions& options) {
  std::vector<const QueuedPlayer*> waiting;
  for (const QueuedPlayer& player : queue) waiting.push_back(&player);
  std::ranges::stable_sort(waiting, [](const QueuedPlayer* a, const QueuedPlayer* b) {
    return a->waited_s > b->waited_s;
  });
  for (const QueuedPlayer* first : waiting) {
    const QueuedPlayer* partner = nullptr;
    std::int64_t fewest = 0;
    for (const QueuedPlayer* other : waiting) {
      if (!may_meet(*first, *other, options)) continue;
      const std::int64_t games = games_between(first->user, other->user);
      if (partner == nullptr || games < fewest) {
        partner = other;
        fewest = games;
      }
    }
    if (partner != nullptr) return std::pair(first->connection, partner->connection);
  }
  return std::nullopt;
}

}  // namespace foresight

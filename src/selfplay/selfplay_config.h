// How an agent meets frozen copies of itself: the [selfplay] section. Whether and how often is said
// by the word `self` among the opponents of a phase, with its weight beside those of the bots.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/fields.h"

namespace foresight {

// Among the opponents of a phase: one of the past selves.
inline constexpr std::string_view kPastSelves = "self";

struct SelfplayConfig {
  std::int64_t begin_episode = 3000;
  std::int64_t copy_every_episodes = 500;
  double copy_margin = 0.0;
  std::int64_t margin_games = 50;
  std::int64_t pool_size = 10;
  std::string evict = "oldest";
  std::string draw = "hard";
  double hardness = 2.0;
  std::int64_t win_rate_games = 100;
  bool copies_plan = false;
  bool store_both = false;

  void visit(FieldVisitor& visitor);
};

}  // namespace foresight

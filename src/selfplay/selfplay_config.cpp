#include "selfplay/selfplay_config.h"

#include <limits>

namespace foresight {

void SelfplayConfig::visit(FieldVisitor& visitor) {
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  visitor.field("begin_episode", begin_episode, {0, kEndless},
                "the first copy is taken when so many episodes of the run are over");
  visitor.field("copy_every_episodes", copy_every_episodes, {0, kEndless},
                "another one after every so many episodes; 0: not by count");
  visitor.field(
      "copy_margin", copy_margin, {0, 0.5},
      "and when the mean win rate against the pool is so far above 1/2; 0: not by margin");
  visitor.field("margin_games", margin_games, {1, 1e9},
                "games against copies since the last one, before the margin counts");
  visitor.field("pool_size", pool_size, {1, 1000}, "copies that are met; one more, and one leaves");
  visitor.field("evict", evict, {"oldest", "easiest"},
                "which one leaves; easiest: that of the highest win rate");
  visitor.field(
      "draw", draw, {"uniform", "newest", "even", "hard"},
      "who is met, by the win rate p against each: even weighs p (1 - p), hard (1 - p)^k");
  visitor.field("hardness", hardness, {0, 100}, "the k of draw = \"hard\"");
  visitor.field("win_rate_games", win_rate_games, {1, 1e9},
                "games over which a running win rate looks back");
  visitor.field("copies_plan", copies_plan,
                "copies act with their planner, not with the policy alone: far more expensive");
  visitor.field("store_both", store_both,
                "learn from the copies' side of the games too, as from games of its own");
}

}  // namespace foresight

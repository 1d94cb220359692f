// Sees the steps of an actor's games and hands each finished episode over whole.
#pragma once

#include <cstdint>
#include <map>

#include "actors/episode_parcel.h"

namespace foresight {

class EpisodePacker : public Observer {
 public:
  void observe(const Transition& transition) override;
  void forget_unfinished(std::int64_t game) override { unfinished_.erase(game); }

  // Of a game that is over; `num_games`: of all, behind which those of past selves are counted.
  EpisodeParcel take(const FinishedEpisode& summary, std::int64_t num_games);
  // Steps of each episode in progress, past selves' apart.
  std::vector<std::int64_t> unfinished_lengths(std::int64_t num_games) const;

 private:
  struct Running {
    EpisodeTrack track;
    std::string opponent;
    std::optional<WinBonus> win_bonus;
  };
  std::map<std::int64_t, Running> unfinished_;
};

}  // namespace foresight

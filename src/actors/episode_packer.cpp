#include "actors/episode_packer.h"

#include <utility>

#include "base/error.h"

namespace foresight {
namespace {

template <typename Number>
void append(std::vector<Number>& to, std::span<const Number> values) {
  to.insert(to.end(), values.begin(), values.end());
}

}  // namespace

void EpisodePacker::observe(const Transition& transition) {
  Running& running = unfinished_[transition.game];
  EpisodeTrack& track = running.track;
  if (track.rewards.empty()) {
    append(track.observations, transition.observation);
    append(track.images, transition.image);
  }
  append(track.observations, transition.next_observation);
  append(track.images, transition.next_image);
  append(track.actions, transition.action);
  append(track.opponent_actions, transition.opponent_action);
  track.rewards.push_back(transition.reward);
  track.terminated = transition.terminated;
  track.outcome = transition.outcome;
  running.opponent = transition.opponent;
  running.win_bonus = transition.win_bonus;
}

EpisodeParcel EpisodePacker::take(const FinishedEpisode& summary, std::int64_t num_games) {
  auto own = unfinished_.extract(summary.game);
  FS_CHECK(!own.empty() && own.mapped().track.num_steps() == summary.length,
           "game {} ended after {} steps, which were not all seen", summary.game, summary.length);
  EpisodeParcel parcel{.summary = summary,
                       .opponent_kind = std::move(own.mapped().opponent),
                       .own = std::move(own.mapped().track),
                       .win_bonus = own.mapped().win_bonus};
  if (auto mirrored = unfinished_.extract(num_games + summary.game); !mirrored.empty()) {
    parcel.mirrored = std::move(mirrored.mapped().track);
  }
  return parcel;
}

std::vector<std::int64_t> EpisodePacker::unfinished_lengths(std::int64_t num_games) const {
  std::vector<std::int64_t> lengths;
  for (const auto& [game, running] : unfinished_) {
    if (game < num_games) lengths.push_back(running.track.num_steps());
  }
  return lengths;
}

}  // namespace foresight

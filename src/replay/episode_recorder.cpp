#include "replay/episode_recorder.h"

namespace foresight {
namespace {

void append(std::vector<float>& to, std::span<const float> values) {
  to.insert(to.end(), values.begin(), values.end());
}

}  // namespace

void EpisodeRecorder::add(std::int64_t game, std::span<const float> observation,
                          std::span<const float> action, float reward, bool terminated,
                          std::span<const float> next_observation) {
  Episode& episode = unfinished_[game];
  if (episode.rewards.empty()) append(episode.observations, observation);
  append(episode.observations, next_observation);
  append(episode.actions, action);
  episode.rewards.push_back(reward);
  episode.terminated.push_back(terminated ? 1.0f : 0.0f);
}

void EpisodeRecorder::add_opponent(std::int64_t game, std::span<const float> action,
                                   std::int64_t opponent) {
  Episode& episode = unfinished_.at(game);
  append(episode.opponent_actions, action);
  episode.opponent = opponent;
}

Episode EpisodeRecorder::take(std::int64_t game) {
  Episode episode = std::move(unfinished_[game]);
  unfinished_.erase(game);
  return episode;
}

}  // namespace foresight

// A finished episode on its way from an actor to the learner: a safetensors file, in the actor's
// spool and in a message alike. Axes: T steps, O observation, A action, R reward terms.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "train/episode_summary.h"

namespace foresight {

// What one side saw of it.
struct EpisodeTrack {
  std::vector<float> observations;      // [T + 1, O]
  std::vector<float> actions;           // [T, A]
  std::vector<float> rewards;           // [T]
  std::vector<float> opponent_actions;  // [T, A]; empty with one player
  std::vector<std::uint8_t> images;     // [T + 1, bytes of one]; empty without pictures
  bool terminated = false;              // else the clock cut it
  int outcome = 0;                      // as this side sees it
  std::int64_t num_steps() const { return std::ssize(rewards); }
};

struct EpisodeParcel {
  FinishedEpisode summary;
  std::string opponent_kind;  // as agents know the opponent (Transition::opponent)
  EpisodeTrack own;
  std::optional<EpisodeTrack> mirrored;  // of the past self on the other side
  std::optional<WinBonus> win_bonus;
  std::int64_t weights_updates = 0;  // the learner's, when it sent the weights of the last step
  Metrics metrics;                   // of the actor since its last parcel
};

void write_parcel(const EpisodeParcel& parcel, const std::filesystem::path& file);
// Error: it is not an episode of this environment, or has a number that is not finite.
EpisodeParcel read_parcel(std::span<const std::byte> bytes, const EnvSpec& spec);
// The bytes of the longest episode that the environment can have, with room for names.
std::uint64_t max_parcel_bytes(const EnvSpec& spec);

// Shows an agent the steps as if they were played now, as steps of game `game`.
void show_track(const EpisodeTrack& track, const EpisodeParcel& parcel, std::int64_t game,
                Observer& observer);

}  // namespace foresight

// Small episodes for tests of what brings them from actors to learners.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "actors/episode_packer.h"
#include "actors/episode_parcel.h"

namespace foresight {

// Two players, three numbers seen, two played, pictures of four bytes.
inline EnvSpec duel_spec() {
  EnvSpec spec;
  spec.id = "duel";
  spec.observation_dim = 3;
  spec.action_dim = 2;
  spec.num_players = 2;
  spec.max_episode_steps = 5;
  spec.reward_terms = {"goal", "touch"};
  spec.image = ImageShape{.num_frames = 1, .channels = 1, .height = 2, .width = 2};
  return spec;
}

inline EnvSpec lone_spec() {
  EnvSpec spec;
  spec.id = "lone";
  spec.observation_dim = 2;
  spec.action_dim = 1;
  spec.max_episode_steps = 100;
  return spec;
}

// Its rewards say which one it is.
inline EpisodeParcel lone_parcel(std::int64_t steps, float mark) {
  EpisodeParcel parcel;
  parcel.own = {.observations = std::vector<float>(2 * static_cast<std::size_t>(steps + 1), 0.5f),
                .actions = std::vector<float>(static_cast<std::size_t>(steps), -0.5f),
                .rewards = std::vector<float>(static_cast<std::size_t>(steps), mark),
                .terminated = true};
  parcel.summary.length = steps;
  parcel.summary.total_reward = static_cast<double>(mark) * static_cast<double>(steps);
  return parcel;
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string bytes_of(const EpisodeParcel& parcel, const std::filesystem::path& folder) {
  const auto file = folder / "parcel.safetensors";
  write_parcel(parcel, file);
  return bytes_of(file);
}

inline EpisodeParcel parcel_of(const std::string& bytes, const EnvSpec& spec) {
  return read_parcel(std::as_bytes(std::span(bytes.data(), bytes.size())), spec);
}

}  // namespace foresight

#include "agent/sac/sac_actor.h"

#include <algorithm>
#include <cmath>

#include "agent/replay_files.h"
#include "agent/sac/sac_agent.h"
#include "base/error.h"
#include "nn/coloured_noise.h"

namespace foresight {

SacActor::SacActor(SacAgent& agent, const ActorOptions& options)
    : agent_(agent),
      options_(options),
      noise_length_(options.explore ? agent.noise_length() : 0),
      rng_(options.seed, "sac/actor"),
      eps_(static_cast<std::size_t>(options.num_games * agent.action_dim())),
      sequences_(eps_.size() * static_cast<std::size_t>(noise_length_)),
      position_(static_cast<std::size_t>(options.num_games), noise_length_) {}

void SacActor::begin_sequence(std::int64_t game) {
  for (std::int64_t j = 0; j < agent_.action_dim(); ++j) {
    const std::int64_t row = game * agent_.action_dim() + j;
    fill_coloured_noise(std::span(sequences_).subspan(row * noise_length_, noise_length_),
                        agent_.config().exploration.noise_exponent, rng_);
  }
  position_[game] = 0;
}

void SacActor::draw_noise(std::span<const std::uint8_t> first_step) {
  if (noise_length_ == 0) return rng_.fill_normal(eps_);
  const std::int64_t action_dim = agent_.action_dim();
  for (std::int64_t game = 0; game < options_.num_games; ++game) {
    if (first_step[game] != 0 || position_[game] == noise_length_) begin_sequence(game);
    for (std::int64_t j = 0; j < action_dim; ++j) {
      const std::int64_t row = game * action_dim + j;
      eps_[row] = sequences_[row * noise_length_ + position_[game]];
    }
    ++position_[game];
  }
}

void SacActor::act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
                   std::span<float> actions) {
  const std::int64_t action_dim = agent_.action_dim();
  FS_CHECK(std::ssize(observations) == options_.num_games * agent_.observation_dim() &&
               std::ssize(first_step) == options_.num_games &&
               std::ssize(actions) == options_.num_games * action_dim,
           "an actor of {} games got {} observations and {} actions", options_.num_games,
           observations.size(), actions.size());
  if (packed_version_ != agent_.version()) {
    policy_.pack(agent_.learner().actor(), agent_.learner().actor_parameters());
    packed_version_ = agent_.version();
  }
  const auto raw = policy_.forward(observations);  // [B, 2 A]
  if (options_.explore) draw_noise(first_step);
  const auto& config = agent_.config().learner;
  for (std::int64_t i = 0; i < std::ssize(actions); ++i) {
    const std::int64_t at = i / action_dim * 2 * action_dim + i % action_dim;
    float u = raw[at];
    if (options_.explore) {
      const float log_std = std::clamp(raw[at + action_dim], static_cast<float>(config.log_std_min),
                                       static_cast<float>(config.log_std_max));
      u += std::exp(log_std) * eps_[i];
    }
    actions[i] = std::tanh(u);
  }
}

void SacActor::save(const std::filesystem::path& folder, const std::string& name) const {
  SafetensorsWriter writer;
  add_rng(writer, "rng", rng_.state());
  writer.add("sequences", {std::ssize(sequences_)}, std::span<const float>(sequences_));
  writer.add("position", {std::ssize(position_)}, std::span<const std::int64_t>(position_));
  writer.write(folder / (name + ".safetensors"));
}

void SacActor::load(const std::filesystem::path& folder, const std::string& name) {
  const auto file = SafetensorsFile::open(folder / (name + ".safetensors"));
  rng_.set_state(read_rng(file, "rng"));
  sequences_ = to_floats(file.at("sequences", DType::kF32, {std::ssize(sequences_)}));
  position_ = to_integers(file.at("position", DType::kI64, {std::ssize(position_)}));
  for (const std::int64_t position : position_) {
    if (position < 0 || position > noise_length_) {
      fail("{}: step {} of noise sequences of {}", file.file_name(), position, noise_length_);
    }
  }
}

}  // namespace foresight

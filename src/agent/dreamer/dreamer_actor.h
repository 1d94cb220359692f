// Plays B games with the policy on the latent states that the world model infers from what it sees.
// Axes: B games, O observation, A action.
#pragma once

#include "agent/agent.h"
#include "agent/dreamer/acting.h"

namespace foresight {

class DreamerAgent;

class DreamerActor : public Actor {
 public:
  DreamerActor(DreamerAgent& agent, const ActorOptions& options);

  void see(std::span<const std::uint8_t> images) override { images_ = images; }
  void act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
           std::span<float> actions) override;
  void act_some(std::span<const std::int64_t> games, std::span<const float> observations,
                std::span<const std::uint8_t> first_step, std::span<float> actions) override;
  void save(const std::filesystem::path& folder, const std::string& name) const override;
  void load(const std::filesystem::path& folder, const std::string& name) override;

 private:
  ActingInput inputs(std::span<const float> observations,
                     std::span<const std::uint8_t> first_step) const;
  ActingDraws draw(std::int64_t num_games);
  double noise_amount() const;

  DreamerAgent& agent_;
  ActorOptions options_;
  Rng rng_;
  ActingState state_;
  std::span<const std::uint8_t> images_;  // [B, bytes of one], of the next act
};

}  // namespace foresight

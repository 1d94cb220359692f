// Acts with the policy network for B games; while it explores, its noise may be correlated in time.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/agent.h"
#include "base/rng.h"
#include "nn/mlp_inference.h"

namespace foresight {

class SacAgent;

class SacActor : public Actor {
 public:
  SacActor(SacAgent& agent, const ActorOptions& options);

  void act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
           std::span<float> actions) override;
  void save(const std::filesystem::path& folder, const std::string& name) const override;
  void load(const std::filesystem::path& folder, const std::string& name) override;

 private:
  void draw_noise(std::span<const std::uint8_t> first_step);
  void begin_sequence(std::int64_t game);

  SacAgent& agent_;
  ActorOptions options_;
  std::int64_t noise_length_;  // 0: independent draws
  Rng rng_;
  MlpInference policy_;
  std::int64_t packed_version_ = -1;    // of the weights in policy_
  std::vector<float> eps_;              // [B, A], this step's
  std::vector<float> sequences_;        // [B, A, noise_length_]
  std::vector<std::int64_t> position_;  // [B], steps used of the game's sequences
};

}  // namespace foresight

// A trained agent on the other side.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "agent/agent.h"
#include "selfplay/opponent.h"

namespace foresight {

class ModelOpponent : public Opponent {
 public:
  ModelOpponent(const std::filesystem::path& folder, bool use_planner,
                const OpponentContext& context);

  void begin_game(std::int64_t game, std::uint64_t seed) override;
  void act(std::span<const std::int64_t> games, std::span<const float> observations,
           std::span<float> actions) override;
  void catch_up(std::int64_t game, std::span<const float> observation) override;
  void save(const std::filesystem::path& folder, const std::string& name) const override;
  void load(const std::filesystem::path& folder, const std::string& name) override;

 private:
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<Actor> actor_;
  // One row a place.
  std::vector<float> observations_;       // [B, O]
  std::vector<std::uint8_t> first_step_;  // [B]
  std::vector<float> actions_;            // [B, A]
};

}  // namespace foresight

// The actors that play the training games: the first share of the games plans, the others act with
// the policy alone.
// Axes: B games, O observation, A action.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.h"
#include "train/games.h"
#include "train/metrics_log.h"

namespace foresight {

class TrainingActors {
 public:
  // plan_share: of the games, 0 to 1. seed_of: a seed for each actor by its name.
  TrainingActors(Agent& agent, const EnvSpec& spec, std::int64_t num_games, double plan_share,
                 const std::function<std::uint64_t(std::string_view name)>& seed_of);

  // Fills actions [B, A]; the actors' metrics go into `window`.
  void act(const Games& games, std::span<float> actions, MetricWindow& window);

  void save(const std::filesystem::path& folder) const;
  void load(const std::filesystem::path& folder);
  // [B] 1 where the actor has nothing to remember of the game. For checkpoints.
  const std::vector<std::uint8_t>& begins() const { return begins_; }
  void set_begins(const std::vector<std::uint8_t>& begins);

 private:
  struct Group {
    std::unique_ptr<Actor> actor;
    std::int64_t first_game = 0;
    std::int64_t num_games = 0;
    std::string name;
  };
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::vector<Group> groups_;
  std::vector<std::uint8_t> begins_;  // an actor is not asked while actions are random
};

}  // namespace foresight

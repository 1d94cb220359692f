// Several opponents as one: every game meets one of them, drawn by weight when it begins.
// Axes: K games that act now, O observation, A action.
#pragma once

#include <memory>
#include <vector>

#include "selfplay/opponent.h"

namespace foresight {

class MixtureOpponent : public Opponent {
 public:
  // members: at least one, each with a weight above 0. All are made at once.
  MixtureOpponent(const std::vector<WeightedOpponent>& members, const OpponentContext& context);

  void begin_game(std::int64_t game, std::uint64_t seed) override;
  void act(std::span<const std::int64_t> games, std::span<const float> observations,
           std::span<float> actions) override;
  void catch_up(std::int64_t game, std::span<const float> observation) override;
  void save(const std::filesystem::path& folder, const std::string& name) const override;
  void load(const std::filesystem::path& folder, const std::string& name) override;

 private:
  void act_member(std::size_t member, std::span<const std::int64_t> games,
                  std::span<const float> observations, std::span<float> actions);

  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::vector<double> weights_;
  std::vector<std::unique_ptr<Opponent>> members_;
  std::vector<std::size_t> chosen_;  // [B] which member plays in each place
  std::vector<std::size_t> rows_;    // of the member that acts
  std::vector<std::int64_t> gathered_games_;
  std::vector<float> gathered_observations_;
  std::vector<float> gathered_actions_;
};

}  // namespace foresight

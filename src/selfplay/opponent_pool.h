// Opponents of B games at once: every game draws its own from a weighted mixture when it begins,
// and games with the same opponent act in one batch.
// Axes: B games, O observation, A action.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "selfplay/opponent.h"

namespace foresight {

class CopyPool;  // selfplay/copy_pool.h

class OpponentPool {
 public:
  // copies: where the entry `self` of a mixture draws from; it outlives the pool.
  explicit OpponentPool(OpponentContext context, const CopyPool* copies = nullptr);

  // From now on games draw from this; games in progress keep their opponent. While there are no
  // copies, nobody meets `self`.
  void set_mixture(std::vector<WeightedOpponent> mixture);

  // Draws the opponent of the game that begins in this place; the same seed, the same opponent.
  void begin_game(std::int64_t game, std::uint64_t seed);

  // The same opponent as begin_game() once drew, in a resumed run.
  void begin_game_against(const std::string& name, std::int64_t game, std::uint64_t seed);
  void catch_up(std::int64_t game, std::span<const float> observation);
  // All that any mixture named so far, and the copies that were met and may be met again or still
  // play.
  std::vector<std::string> opponents() const;
  void prepare(const std::vector<std::string>& names);
  // What the opponents remember beyond single games.
  void save(const std::filesystem::path& folder) const;
  void load(const std::filesystem::path& folder);

  // Of the opponent in a game: of copies their own (CopyPool::names).
  const std::string& name(std::int64_t game) const { return names_[game]; }

  // observations [B, O] of player 1 -> actions [B, A].
  void act(std::span<const float> observations, std::span<float> actions);

 private:
  struct Side {
    std::unique_ptr<Opponent> opponent;
    std::vector<std::int64_t> games;  // [K] that play it now, rising
  };

  std::string draw(std::uint64_t seed) const;
  void leave(std::int64_t game);
  Side& side(const std::string& name);
  void act_side(Side& side, std::span<const float> observations, std::span<float> actions);

  OpponentContext context_;
  const CopyPool* copies_;
  std::vector<WeightedOpponent> mixture_;
  std::map<std::string, Side> sides_;
  std::vector<std::string> names_;  // [B], empty before a place's first game
  std::vector<float> gathered_observations_;
  std::vector<float> gathered_actions_;
};

}  // namespace foresight

// Who plays the other side. An opponent acts for several games at once and keeps them apart.
// Axes: K games that act now, O observation, A action.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/registry.h"
#include "env/env_spec.h"

namespace foresight {

class Opponent {
 public:
  virtual ~Opponent() = default;
  // A new game begins in this place; the same seed gives the same opponent.
  virtual void begin_game(std::int64_t game, std::uint64_t seed) = 0;
  // The pictures that belong to the next act, [K, bytes of one], where the environment shows some.
  virtual void see([[maybe_unused]] std::span<const std::uint8_t> images) {}
  // games [K], rising; observations [K, O] as player 1 sees them; actions [K, A], filled.
  virtual void act(std::span<const std::int64_t> games, std::span<const float> observations,
                   std::span<float> actions) = 0;

  // A resumed run plays its unfinished games again: this one saw `observation` [O] and acted as
  // recorded. What is remembered of the game moves on as act() would have moved it.
  virtual void catch_up([[maybe_unused]] std::int64_t game,
                        [[maybe_unused]] std::span<const float> observation) {}
  // What lasts beyond that: random streams, warm starts of all games.
  virtual void save([[maybe_unused]] const std::filesystem::path& folder,
                    [[maybe_unused]] const std::string& name) const {}
  virtual void load([[maybe_unused]] const std::filesystem::path& folder,
                    [[maybe_unused]] const std::string& name) {}
};

struct OpponentContext {
  EnvSpec env;
  std::int64_t num_games = 1;  // places; game indices are below
  std::uint64_t seed = 0;      // for random streams that last longer than a game
};

struct OpponentEntry {
  std::string help;
  std::function<std::unique_ptr<Opponent>(const OpponentContext& context)> make;
};
// Opponents known by a word ("weak").
using OpponentRegistry = Registry<OpponentEntry>;

struct WeightedOpponent {
  std::string name;     // as make_opponent takes it
  double weight = 1.0;  // > 0, relative to the others
};

// `text` is one of
//   a registered word        weak
//   a model                  a folder, a shipped name or archive:NAME; models/hockey-quick
//   a folder of models       each game meets one of the models right below it, drawn uniformly
//   a weighted mixture       weak=0.3,strong=0.5,hockey-quick=0.2, of any of the above
// Behind a model or a folder ":policy" means without planner. Error: none of these, with the
// nearest word.
std::unique_ptr<Opponent> make_opponent(const std::string& text, const OpponentContext& context);

// The same test without building anything.
void check_opponent(const std::string& text);

// The model folder that `text` stands for, nothing if it is a registered word. Error: as above.
std::optional<std::filesystem::path> opponent_model(const std::string& text);

}  // namespace foresight

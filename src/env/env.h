// The environment as agents see it: players in rows, actions in [-1, 1], an end that is either a
// terminal state (no value beyond it) or a cut by the clock (bootstrap through it).
// Axes: P players, O observation, A action of one player.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/registry.h"
#include "config/table.h"
#include "env/env_spec.h"
#include "env/scene.h"

namespace foresight {

enum class Outcome : std::int8_t { kLoss = -1, kNone = 0, kWin = 1 };  // as player 0 sees it

struct StepResult {
  float reward = 0.0f;           // player 0's
  float opponent_reward = 0.0f;  // player 1's, by the same rules, where spec().rewards_opponent
  bool terminated = false;
  bool truncated = false;
  Outcome outcome = Outcome::kNone;
  // The step was not played and nothing of it counts: the episode broke. See Env::take_faults().
  bool broken = false;
  bool over() const { return terminated || truncated || broken; }
};

// Why an episode broke, in words.
struct EnvFault {
  std::string text;
  std::int64_t dropped_steps = 0;  // played in the unfinished episode that is lost
};

class Env {
 public:
  virtual ~Env() = default;
  virtual const EnvSpec& spec() const = 0;
  // Starts an episode; the same seed gives the same episode whatever came before.
  virtual void reset(std::uint64_t seed) = 0;
  // actions [P, A]. Refuses (ContractViolation) after an end; never allocates.
  virtual StepResult step(std::span<const float> actions) = 0;
  // Begins a step that step(), called next and with the same actions, completes: environments in
  // other processes step side by side between the two. The others do all of it in step().
  virtual void start_step([[maybe_unused]] std::span<const float> actions) {}
  // [O], valid until the next step or reset.
  virtual std::span<const float> observation(int player) const = 0;
  // spec().image->num_bytes() bytes, valid as long; empty without pictures.
  virtual std::span<const std::uint8_t> image() const { return {}; }
  // What broke in steps and resets since the last call; only spec().is_external can.
  virtual std::vector<EnvFault> take_faults() { return {}; }
  // The parts of the last reward of player 0, one for each name in spec().reward_terms.
  virtual std::span<const float> reward_terms() const { return {}; }
  // Describes the present moment for a picture; src/render draws it. False: nothing to see.
  virtual bool describe_scene([[maybe_unused]] Scene& scene) const { return false; }
  // Where `player` would go if it played `actions` [H, A] from here and the others did nothing, one
  // point a step, found by stepping a copy. Empty if the env cannot tell.
  virtual std::vector<ScenePoint> forecast([[maybe_unused]] int player,
                                           [[maybe_unused]] std::span<const float> actions) const {
    return {};
  }
};

struct EnvEntry {
  std::string help;
  // Reads the env's own struct from its section of the config (keys under `path` in messages).
  std::function<std::unique_ptr<Env>(const Table& section)> make;
  // The section with every field, defaults filled in; mistakes go to `problems`.
  std::function<Table(const Table& section, ConfigProblems& problems)> resolve;
  std::function<std::string()> commented_defaults;  // TOML
  // Other ids that this entry makes, for example "metaworld/reach"; may be empty.
  std::function<bool(const std::string& id)> accepts = {};
  // Runs elsewhere and needs what may not be installed: EnvSpec::is_external.
  bool is_external = false;
};
using EnvRegistry = Registry<EnvEntry>;

// The entry of that name, or one that accepts it. Error: there is none, with the nearest name.
const EnvEntry& find_env_entry(const std::string& id);
// Makes the env named by section's `id` (the rest of the section is the env's own).
std::unique_ptr<Env> make_env(const Table& section);

template <typename EnvType>
EnvEntry env_entry(std::string help) {
  using Config = typename EnvType::Config;
  return {.help = std::move(help),
          .make = [](const Table& section) -> std::unique_ptr<Env> {
            return std::make_unique<EnvType>(read_config<Config>(section, "env"));
          },
          .resolve =
              [](const Table& section, ConfigProblems& problems) {
                Config config;
                read_config(section, config, "env", problems);
                return to_table(config);
              },
          .commented_defaults = [] { return to_commented_toml(Config{}); }};
}

// EnvType has a nested `Config` with visit() and a constructor from it. Every env config visits a
// field "id" first.
#define FS_REGISTER_ENV(name, EnvType, help)                   \
  [[maybe_unused]] const bool foresight_registered_##EnvType = \
      ::foresight::EnvRegistry::instance().add(name, ::foresight::env_entry<EnvType>(help))

}  // namespace foresight

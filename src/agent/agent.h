// What the training loop knows of an algorithm. Plain numbers cross this line, so that loop,
// self-play and viewers compile without LibTorch.
// Axes: B games side by side, O observation, A action.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/ranks.h"
#include "base/registry.h"
#include "config/table.h"
#include "env/env_spec.h"

namespace foresight {

// Named numbers of one update or one act, in the order they were added.
using Metrics = std::vector<std::pair<std::string, double>>;

// The planner's last thought about one game, for pictures. Sequences are [H, A], row-major.
struct PlanTrace {
  std::int64_t horizon = 0;
  std::vector<float> mean_actions;
  std::vector<std::vector<float>> elite_actions;  // best first
  std::vector<float> elite_values;                // one an elite, in the model's reward units
};

struct ActorOptions {
  std::int64_t num_games = 1;  // B
  bool explore = false;        // training noise on
  bool use_planner = true;     // false: the policy network alone
  bool keep_traces = false;    // fill trace() for pictures
  std::int64_t task = -1;      // all games are of this one; -1: of EnvSpec::task
  std::uint64_t seed = 0;      // of this actor's own random stream
};

// Chooses actions for B games; keeps what must last from step to step (the planner's warm start).
class Actor {
 public:
  virtual ~Actor() = default;
  // The pictures that belong to the next act, [B, EnvSpec::image->num_bytes()], for actors that
  // look at them; they stay where they are until then. Told before each act where there are
  // pictures.
  virtual void see([[maybe_unused]] std::span<const std::uint8_t> images) {}
  // observations [B, O]; first_step[b] != 0 where game b has just begun; actions [B, A], filled.
  virtual void act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
                   std::span<float> actions) = 0;
  // The same when only some games go on: games [K], rising; of the arrays of all B games only those
  // rows are read and filled. An actor that does not know better thinks for all of them.
  virtual void act_some([[maybe_unused]] std::span<const std::int64_t> games,
                        std::span<const float> observations,
                        std::span<const std::uint8_t> first_step, std::span<float> actions) {
    act(observations, first_step, actions);
  }
  virtual Metrics metrics() const { return {}; }
  // The last plan of game b, or null when no planner was used or `keep_traces` is off.
  virtual const PlanTrace* trace([[maybe_unused]] std::int64_t game) const { return nullptr; }
  // What act() will depend on besides weights: random stream, warm starts.
  virtual void save(const std::filesystem::path& folder, const std::string& name) const = 0;
  virtual void load(const std::filesystem::path& folder, const std::string& name) = 0;
};

// Reward for a won game that is spread back over its steps (replay/reward_backprop.h).
struct WinBonus {
  double bonus = 0.0;
  double discount = 1.0;  // a step back in time
};

// One step of one game as the agent saw it. `observation` is before the action, the next one after.
struct Transition {
  std::int64_t game = 0;               // which of the games; B + b: game b as player 1 saw it
  std::span<const float> observation;  // [O]
  std::span<const float> action;       // [A]
  float reward = 0.0f;
  std::span<const float> next_observation;  // [O]; the last one of the episode at its end
  bool terminated = false;
  bool truncated = false;
  int outcome = 0;  // +1 win, -1 loss, at the end of a game
  // Pictures that belong to both observations; empty where the environment shows none.
  std::span<const std::uint8_t> image = {};
  std::span<const std::uint8_t> next_image = {};
  // Of the other side, as the games know it; empty with one player.
  std::span<const float> opponent_action = {};  // [A], as that side sees the field
  std::string_view opponent = {};               // its name in the curriculum
  // Instead of the win_bonus in the agent's own section, which only agents with one are given.
  std::optional<WinBonus> win_bonus = std::nullopt;
};

// One component of an agent for `foresight describe`, taken from the constructed modules.
struct ComponentDescription {
  std::string name;
  std::string purpose;
  std::vector<std::string> layers;  // in order, with sizes
  std::int64_t parameters = 0;      // all numbers held
  std::int64_t trainable = 0;       // 0 for a target network
  std::string group;                // "world model", "policy", "target"
};

// Where an agent leaves everything it needs to go on. What only grows (replay) is appended in a
// folder that all checkpoints of a run share; each of them says how far it reached.
struct CheckpointPlace {
  // Without a shared folder the checkpoint holds everything itself.
  CheckpointPlace(std::filesystem::path own, std::filesystem::path shared = {},
                  std::vector<std::filesystem::path> kept = {})
      : folder(std::move(own)),
        lasting(shared.empty() ? folder / "lasting" : std::move(shared)),
        earlier(std::move(kept)),
        common(folder) {}

  // Of several ranks one keeps what all have alike.
  bool holds_common() const { return common == folder; }

  std::filesystem::path folder;                // of this checkpoint
  std::filesystem::path lasting;               // shared
  std::vector<std::filesystem::path> earlier;  // folders of checkpoints that must stay readable
  // Weights and optimisers are in here; elsewhere than in `folder` they are read and not written.
  std::filesystem::path common;
};

// A task as the agent tells it from others.
struct TaskEmbedding {
  std::string name;
  std::vector<float> values;  // [D]
};

struct AgentDescription {
  std::vector<ComponentDescription> components;
  std::vector<std::string> optimisers;  // a line each
  std::vector<std::string> planner;     // a line each
  std::int64_t replay_capacity = 0;     // steps remembered at most
  std::int64_t replay_row_bytes = 0;    // memory of one
  std::int64_t picture_row_bytes = 0;   // of the disk, where pictures are remembered
  std::vector<TaskEmbedding> tasks;     // where it knows several
};

// Sees the steps of games as they are played.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const Transition& transition) = 0;
  // Drops what was seen of a game's unfinished episode.
  virtual void forget_unfinished(std::int64_t game) = 0;
};

class Agent : public Observer {
 public:
  virtual std::unique_ptr<Actor> make_actor(const ActorOptions& options) = 0;
  // Where the run's checkpoints will keep what they share. What is too large for memory may be
  // written there as soon as it is seen; told before the first step, if at all.
  virtual void keep_files_in([[maybe_unused]] const std::filesystem::path& lasting) {}
  // From now on update() learns from these data sets (replay/dataset_format.h) alone; nothing is
  // observed then. Before load(), too. Error: data that is not for this agent.
  virtual void learn_from(const std::vector<std::filesystem::path>& data);
  // From now on it is one of several that learn together: all call update() at once, each draws its
  // share of the batch from its own replay, and all end with the same weights. The batch and replay
  // of its config are that share. What is random besides weights comes from this stream of its
  // seed; 0 is that of an agent alone. Before the first step, and before load().
  virtual void join(Ranks& ranks, std::uint64_t stream);
  // Of the weights: alike on all ranks, or they have come apart.
  virtual std::uint32_t weights_checksum() const { return 0; }
  // True when update() has enough to learn from.
  virtual bool can_update() const = 0;
  // One gradient update; returns losses, norms and the like.
  virtual Metrics update() = 0;
  // True: between these two calls actors may act while another thread calls update(); they act with
  // the weights of the first call. False: this agent cannot, and nothing happens.
  virtual bool hold_actors() { return false; }
  virtual void release_actors() {}
  virtual AgentDescription describe() const = 0;
  // Weights only (a model to ship and play), into or from a folder.
  virtual void save_model(const std::filesystem::path& folder) const = 0;
  virtual void load_model(const std::filesystem::path& folder) = 0;
  // Everything needed to go on, bit for bit: weights, optimisers, random streams, replay, games in
  // progress. After load() whatever `lasting` held beyond this checkpoint is gone.
  virtual void save(const CheckpointPlace& place) = 0;
  virtual void load(const CheckpointPlace& place) = 0;
  // Goes on from a checkpoint that another number of ranks left, `shards` in their order: weights
  // and optimisers as they are, this rank's share of all finished episodes; unfinished ones are
  // gone, and random streams are those of join().
  virtual void load_shards(const std::vector<CheckpointPlace>& shards);
};

struct AgentEntry {
  std::string help;
  bool can_join = false;  // learns on several ranks
  std::function<std::unique_ptr<Agent>(const Table& section, const EnvSpec& env,
                                       std::uint64_t seed)>
      make;
  std::function<Table(const Table& section, const EnvSpec& env, ConfigProblems& problems)> resolve;
  std::function<std::string()> commented_defaults;
};
using AgentRegistry = Registry<AgentEntry>;

// Makes the agent named by section's `id`.
std::unique_ptr<Agent> make_agent(const Table& section, const EnvSpec& env, std::uint64_t seed);

// AgentType has a nested `Config` with visit() and validate(const EnvSpec&, ConfigProblems&), and a
// constructor (Config, EnvSpec, seed). A Config may have settle(): it replaces what is left to the
// machine by what the machine chose. And it may have a static defaults_for(section, EnvSpec), where
// the defaults of some keys depend on another key.
template <typename Config>
Config read_agent_config(const Table& section, const EnvSpec& env, ConfigProblems& problems) {
  Config config;
  if constexpr (requires { Config::defaults_for(section, env); }) {
    config = Config::defaults_for(section, env);
  }
  read_config(section, config, "agent", problems);
  return config;
}

template <typename AgentType>
AgentEntry agent_entry(std::string help) {
  using Config = typename AgentType::Config;
  constexpr bool kCanJoin = !std::is_same_v<decltype(&AgentType::join), decltype(&Agent::join)>;
  return {.help = std::move(help),
          .can_join = kCanJoin,
          .make = [](const Table& section, const EnvSpec& env,
                     std::uint64_t seed) -> std::unique_ptr<Agent> {
            ConfigProblems problems;
            const auto config = read_agent_config<Config>(section, env, problems);
            problems.throw_if_any();
            return std::make_unique<AgentType>(config, env, seed);
          },
          .resolve =
              [](const Table& section, const EnvSpec& env, ConfigProblems& problems) {
                auto config = read_agent_config<Config>(section, env, problems);
                config.validate(env, problems);
                if constexpr (requires { config.settle(); }) config.settle();
                return to_table(config);
              },
          .commented_defaults = [] { return to_commented_toml(Config{}); }};
}

#define FS_REGISTER_AGENT(name, AgentType, help)                 \
  [[maybe_unused]] const bool foresight_registered_##AgentType = \
      ::foresight::AgentRegistry::instance().add(name, ::foresight::agent_entry<AgentType>(help))

}  // namespace foresight

// Acts uniformly at random in [-1, 1] and learns nothing: a stand-in for an agent wherever the loop
// around it is the subject, and the zero line of every comparison.
#pragma once

#include <memory>

#include "agent/agent.h"
#include "base/rng.h"

namespace foresight {

struct RandomAgentConfig {
  std::string id = "random";
  // update() is possible after so many observed steps; 0: at once.
  std::int64_t first_update_step = 0;

  void visit(FieldVisitor& visitor);
  void validate(const EnvSpec& env, ConfigProblems& problems) const;
};

class RandomAgent : public Agent {
 public:
  using Config = RandomAgentConfig;

  RandomAgent(const RandomAgentConfig& config, const EnvSpec& env, std::uint64_t seed);

  std::unique_ptr<Actor> make_actor(const ActorOptions& options) override;
  void observe(const Transition& transition) override;
  void forget_unfinished(std::int64_t game) override;
  void join(Ranks& ranks, std::uint64_t stream) override;
  bool can_update() const override;
  Metrics update() override;
  AgentDescription describe() const override;
  void save_model(const std::filesystem::path& folder) const override;
  void load_model(const std::filesystem::path& folder) override;
  void save(const CheckpointPlace& place) override;
  void load(const CheckpointPlace& place) override;
  void load_shards(const std::vector<CheckpointPlace>& shards) override;

  // For tests of the loop: what it was told.
  std::int64_t num_observed() const { return num_observed_; }
  std::int64_t num_episodes() const { return num_episodes_; }
  std::int64_t num_updates() const { return num_updates_; }
  std::int64_t num_forgotten() const { return num_forgotten_; }

 private:
  RandomAgentConfig config_;
  std::int64_t observation_dim_ = 0;
  std::int64_t action_dim_ = 0;
  std::uint64_t seed_ = 0;
  int num_ranks_ = 1;
  Rng update_rng_;
  std::int64_t num_observed_ = 0;
  std::int64_t num_episodes_ = 0;
  std::int64_t num_updates_ = 0;
  std::int64_t num_forgotten_ = 0;
};

}  // namespace foresight

#include "agent/random/random_agent.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace foresight {
namespace {

using Json = nlohmann::json;

Json json_of(const RngState& state) { return {state.key, state.stream, state.counter}; }

RngState rng_state_of(const Json& json) { return {json.at(0), json.at(1), json.at(2)}; }

void write_json(const std::filesystem::path& file, const Json& json) {
  std::ofstream out(file);
  out << json.dump(1) << '\n';
  if (!out.flush()) fail("cannot write {}", file.string());
}

Json read_json(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) fail("cannot read {}", file.string());
  return Json::parse(in);
}

class RandomActor : public Actor {
 public:
  RandomActor(std::int64_t observation_dim, std::int64_t action_dim, const ActorOptions& options)
      : observation_dim_(observation_dim),
        action_dim_(action_dim),
        options_(options),
        rng_(options.seed, "random actor") {}

  void act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
           std::span<float> actions) override {
    FS_CHECK(std::ssize(observations) == options_.num_games * observation_dim_ &&
                 std::ssize(first_step) == options_.num_games &&
                 std::ssize(actions) == options_.num_games * action_dim_,
             "{} games, {} observation numbers, {} flags, {} action numbers", options_.num_games,
             observations.size(), first_step.size(), actions.size());
    for (float& action : actions) action = static_cast<float>(rng_.uniform(-1.0, 1.0));
  }

  void save(const std::filesystem::path& folder, const std::string& name) const override {
    write_json(folder / (name + ".json"), json_of(rng_.state()));
  }

  void load(const std::filesystem::path& folder, const std::string& name) override {
    rng_.set_state(rng_state_of(read_json(folder / (name + ".json"))));
  }

 private:
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  ActorOptions options_;
  Rng rng_;
};

}  // namespace

void RandomAgentConfig::visit(FieldVisitor& visitor) {
  visitor.field("id", id, {}, "the algorithm");
  visitor.field("first_update_step", first_update_step, {0, 1e12},
                "observed steps before update() is possible");
}

void RandomAgentConfig::validate(const EnvSpec&, ConfigProblems&) const {}

RandomAgent::RandomAgent(const RandomAgentConfig& config, const EnvSpec& env, std::uint64_t seed)
    : config_(config),
      observation_dim_(env.observation_dim),
      action_dim_(env.action_dim),
      seed_(seed),
      update_rng_(seed, "random agent") {}

std::unique_ptr<Actor> RandomAgent::make_actor(const ActorOptions& options) {
  return std::make_unique<RandomActor>(observation_dim_, action_dim_, options);
}

void RandomAgent::observe(const Transition& transition) {
  FS_CHECK(std::ssize(transition.observation) == observation_dim_ &&
               std::ssize(transition.next_observation) == observation_dim_ &&
               std::ssize(transition.action) == action_dim_,
           "a transition of game {} has the wrong shape", transition.game);
  ++num_observed_;
  if (transition.terminated || transition.truncated) ++num_episodes_;
}

void RandomAgent::forget_unfinished(std::int64_t) { ++num_forgotten_; }

bool RandomAgent::can_update() const { return num_observed_ >= config_.first_update_step; }

Metrics RandomAgent::update() {
  ++num_updates_;
  return {{"loss/nothing", update_rng_.uniform()}};
}

AgentDescription RandomAgent::describe() const {
  return {.components = {{.name = "random",
                          .purpose = "actions, uniform in [-1, 1]",
                          .layers = {fmt::format("uniform draw of {} numbers", action_dim_)},
                          .parameters = 0,
                          .trainable = 0,
                          .group = "policy"}},
          .optimisers = {},
          .planner = {}};
}

void RandomAgent::join(Ranks& ranks, std::uint64_t stream) {
  num_ranks_ = ranks.size();
  update_rng_ = Rng(seed_, "random/update", stream);
}

void RandomAgent::load_shards(const std::vector<CheckpointPlace>& shards) {
  num_observed_ = num_episodes_ = num_updates_ = 0;
  for (const CheckpointPlace& shard : shards) {
    const Json state = read_json(shard.folder / "random_agent.json");
    num_observed_ += state.at("num_observed").get<std::int64_t>();
    num_episodes_ += state.at("num_episodes").get<std::int64_t>();
    num_updates_ = state.at("num_updates");
  }
  num_observed_ /= num_ranks_;
  num_episodes_ /= num_ranks_;
}

void RandomAgent::save_model(const std::filesystem::path&) const {}

void RandomAgent::load_model(const std::filesystem::path&) {}

void RandomAgent::save(const CheckpointPlace& place) {
  write_json(place.folder / "random_agent.json", {{"update_rng", json_of(update_rng_.state())},
                                                  {"num_observed", num_observed_},
                                                  {"num_episodes", num_episodes_},
                                                  {"num_updates", num_updates_}});
}

void RandomAgent::load(const CheckpointPlace& place) {
  const Json state = read_json(place.folder / "random_agent.json");
  update_rng_.set_state(rng_state_of(state.at("update_rng")));
  num_observed_ = state.at("num_observed");
  num_episodes_ = state.at("num_episodes");
  num_updates_ = state.at("num_updates");
}

FS_REGISTER_AGENT("random", RandomAgent, "uniform random actions; learns nothing");

}  // namespace foresight

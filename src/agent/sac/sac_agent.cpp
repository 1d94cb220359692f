#include "agent/sac/sac_agent.h"

#include <algorithm>

#include "agent/sac/agent_files.h"
#include "agent/sac/sac_actor.h"
#include "base/error.h"
#include "base/profile.h"

namespace foresight {
namespace {

constexpr std::int64_t kDefaultNoiseLength = 1000;  // where episodes have no longest length

std::int64_t noise_length_of(const SacExplorationConfig& config, const EnvSpec& env) {
  if (config.noise_exponent == 0.0) return 0;
  if (config.noise_length > 0) return config.noise_length;
  return env.max_episode_steps > 1 ? env.max_episode_steps : kDefaultNoiseLength;
}

std::string text_of(const SacExplorationConfig& config, std::int64_t length) {
  if (length == 0) return "policy's noise: Gaussian, independent from step to step";
  return fmt::format("policy's noise: power 1 / f^{:g}{}, sequences of {} steps",
                     config.noise_exponent, config.noise_exponent == 1.0 ? " (pink)" : "", length);
}

}  // namespace

SacAgent::SacAgent(const SacConfig& config, const EnvSpec& env, std::uint64_t seed)
    : config_(config),
      seed_(seed),
      noise_length_(noise_length_of(config.exploration, env)),
      learner_(config.learner, env, seed),
      store_(env.observation_dim, env.action_dim, config.replay.capacity),
      sampler_(config.replay, config.discount, store_),
      sample_rng_(seed, "sac/replay"),
      update_rng_(seed, "sac/update") {}

std::unique_ptr<Actor> SacAgent::make_actor(const ActorOptions& options) {
  return std::make_unique<SacActor>(*this, options);
}

void SacAgent::observe(const Transition& transition) {
  FS_CHECK(std::ssize(transition.observation) == store_.observation_dim() &&
               std::ssize(transition.next_observation) == store_.observation_dim() &&
               std::ssize(transition.action) == store_.action_dim(),
           "a step of game {} has {} and {} observations and {} actions", transition.game,
           transition.observation.size(), transition.next_observation.size(),
           transition.action.size());
  recorder_.add(transition.game, transition.observation, transition.action, transition.reward,
                transition.terminated, transition.next_observation);
  if (!transition.terminated && !transition.truncated) return;
  store_.add(recorder_.take(transition.game));
  sampler_.episode_added();
}

void SacAgent::join(Ranks& ranks, std::uint64_t stream) {
  ranks_ = &ranks;
  learner_.join(ranks);
  sample_rng_ = Rng(seed_, "sac/replay", stream);
  update_rng_ = Rng(seed_, "sac/update", stream);
}

std::uint32_t SacAgent::weights_checksum() const { return checksum_of(learner_); }

void SacAgent::draw_batch() {
  const ProfileScope scope("update/batch");
  sampler_.sample(config_.learner.batch_size, sample_rng_, batch_);
  eps_.resize(2 * batch_.actions.size());
  update_rng_.fill_normal(eps_);
  if (ranks_->size() == 1 || !sampler_.is_prioritised()) return;
  // The whole batch comes out of all replays, and its rarest step may lie in any of them.
  const auto shares = gather_values(*ranks_, sampler_.rarest_share(batch_.rows));
  sampler_.weigh(*std::ranges::min_element(shares), batch_);
}

void SacAgent::update_priorities() {
  sampler_.update_priorities(batch_.rows, learner_.priorities());
  if (ranks_->size() == 1) return;
  for (const double priority : gather_values(*ranks_, sampler_.max_priority())) {
    sampler_.raise_max_priority(priority);
  }
}

Metrics SacAgent::update() {
  const ProfileScope scope("update");
  draw_batch();
  const SacUpdateResult result = learner_.update(batch_, eps_);
  if (sampler_.is_prioritised()) update_priorities();
  ++version_;
  return {{"loss/critic", result.critic_loss},
          {"loss/actor", result.actor_loss},
          {"loss/temperature", result.temperature_loss},
          {"policy/temperature", result.temperature},
          {"policy/entropy", result.entropy},
          {"value/policy_mean", result.value},
          {"value/target_mean", result.target},
          {"grad_norm/critic", result.critic_grad_norm},
          {"grad_norm/actor", result.actor_grad_norm}};
}

AgentDescription SacAgent::describe() const {
  const SacLearnerConfig& learner = config_.learner;
  const std::int64_t q_parameters = learner_.critics().online().size();
  const std::int64_t policy_parameters = learner_.actor_parameters().size();
  AgentDescription description;
  description.components = {
      {"policy", "observation -> mean and log-deviation of the action before tanh",
       learner_.actor().describe(), policy_parameters, policy_parameters, "policy"},
      {"two value functions", "observation and action -> value of each",
       learner_.critics().mlp().describe(), q_parameters, q_parameters, "values"},
      {"target value functions",
       "slow copies of both, for targets",
       {"same architecture"},
       q_parameters,
       0,
       "target"},
      {"temperature",
       "weight of the entropy",
       {learner.fixed_temperature ? "a fixed number" : "one number, learned as its logarithm"},
       1,
       learner.fixed_temperature ? 0 : 1,
       "temperature"}};
  description.optimisers = {
      fmt::format("policy, values, temperature: Adam each, learning rate {:g}, epsilon 1e-8{}",
                  learner.learning_rate,
                  learner.grad_clip_norm > 0
                      ? fmt::format(", gradient norm at most {:g}", learner.grad_clip_norm)
                      : "")};
  description.planner = {"none: the policy acts", text_of(config_.exploration, noise_length_),
                         fmt::format("discount {:g}, targets over {} step{}", config_.discount,
                                     config_.replay.n_step, config_.replay.n_step == 1 ? "" : "s")};
  description.replay_capacity = store_.capacity();
  // An observation, an action, a reward, whether it ended; two sums for its priority.
  description.replay_row_bytes =
      std::int64_t{4} * (store_.observation_dim() + store_.action_dim() + 2) +
      (sampler_.is_prioritised() ? 16 : 0);
  return description;
}

void SacAgent::save_model(const std::filesystem::path& folder) const {
  write_model(learner_, folder);
}

void SacAgent::load_model(const std::filesystem::path& folder) {
  read_model(learner_, folder);
  ++version_;
}

void SacAgent::save(const CheckpointPlace& place) {
  const LearnerStreams streams{sample_rng_.state(), update_rng_.state()};
  if (place.holds_common()) {
    write_model(learner_, place.folder);
    write_learner(learner_, streams, place.folder);
  } else {
    write_streams(streams, place.folder);
  }
  write_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, sampler_, place);
}

void SacAgent::load(const CheckpointPlace& place) {
  read_model(learner_, place.common);
  auto states = read_learner(learner_, place.common);
  if (!place.holds_common()) states = read_streams(place.folder);
  sample_rng_.set_state(states[0]);
  update_rng_.set_state(states[1]);
  read_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, sampler_, place);
  ++version_;
}

void SacAgent::load_shards(const std::vector<CheckpointPlace>& shards) {
  read_model(learner_, shards.front().common);
  read_learner(learner_, shards.front().common);
  read_replay_shards(shards, *ranks_, store_, sampler_);
  recorder_.clear();
  ++version_;
}

FS_REGISTER_AGENT("sac", SacAgent,
                  "SAC: a policy with entropy and two value functions, no model (Haarnoja et al., "
                  "2018)");

}  // namespace foresight

#include "agent/tdmpc2/tdmpc2_agent.h"

#include "agent/tdmpc2/agent_files.h"
#include "agent/tdmpc2/tdmpc2_actor.h"
#include "base/error.h"
#include "base/profile.h"
#include "nn/compute_team.h"
#include "replay/reward_backprop.h"
#include "world_model/tdmpc2/packed_scorer.h"

namespace foresight {
namespace {

torch::Device device_of(const Tdmpc2Config& config) {
  const std::string& name = config.device;
  const bool has_cuda = torch::cuda::is_available();
  if (name == "cuda" && !has_cuda) {
    fail(
        "agent.device = \"cuda\", but this program sees no CUDA device; use agent.device=cpu or "
        "build with a LibTorch that has CUDA (LIBTORCH_ROOT)");
  }
  const bool wants_cpu = name == "cpu" || config.scorer == "packed";
  return wants_cpu || !has_cuda ? torch::kCPU : torch::kCUDA;
}

Tensor as_tensor(std::vector<float>& values, at::IntArrayRef shape, const torch::Device& device) {
  // On the CPU the tensor borrows the batch's own memory, which outlives the update.
  return torch::from_blob(values.data(), shape, torch::kFloat32).to(device);
}

}  // namespace

Tdmpc2Agent::Tdmpc2Agent(const Tdmpc2Config& config, const EnvSpec& env, std::uint64_t seed)
    : config_(config),
      discount_(config.discount_for(env)),
      model_(config.built_model(), env.observation_dim, env.action_dim, device_of(config), seed),
      learner_(model_, config.learner, discount_),
      store_(env.observation_dim, env.action_dim, config.replay.capacity,
             config.opponent_cloning.num_opponents() > 0 ? env.action_dim : 0),
      sampler_(config.replay, store_),
      sample_rng_(seed, "tdmpc2/replay"),
      update_rng_(seed, "tdmpc2/update") {
  if (model_.opponents().size() > 0) cloner_.emplace(model_, config.opponent_cloning);
  const bool can_pack = model_.device().is_cpu() && config_.model.num_bins >= 2 &&
                        !config_.plans_with_dropout_before_norm();
  if (config_.scorer == "packed" || (config_.scorer == "auto" && can_pack)) {
    packed_scorer_ = std::make_unique<PackedScorer>(
        model_, config_.sequence_value, discount_,
        RolloutThreads{.num_threads = team_threads(),
                       .precision = usable_precision(config_.precision)});
    is_packed_ = true;
  } else {
    tensor_scorer_ = std::make_unique<TensorScorer>(model_, config_.sequence_value, discount_);
  }
}

Tdmpc2Agent::~Tdmpc2Agent() = default;

std::unique_ptr<Actor> Tdmpc2Agent::make_actor(const ActorOptions& options) {
  return std::make_unique<Tdmpc2Actor>(*this, options);
}

LatentModel& Tdmpc2Agent::scorer() {
  if (packed_scorer_ == nullptr) return *tensor_scorer_;
  if (are_actors_held_) return *packed_scorer_;
  if (!is_packed_) {
    const ProfileScope scope("plan/pack");
    packed_scorer_->pack();
  }
  is_packed_ = true;
  return *packed_scorer_;
}

bool Tdmpc2Agent::hold_actors() {
  if (packed_scorer_ == nullptr) return false;
  scorer();
  are_actors_held_ = true;
  return true;
}

void Tdmpc2Agent::observe(const Transition& transition) {
  FS_CHECK(std::ssize(transition.observation) == store_.observation_dim() &&
               std::ssize(transition.next_observation) == store_.observation_dim() &&
               std::ssize(transition.action) == store_.action_dim(),
           "a step of game {} has {} and {} observations and {} actions", transition.game,
           transition.observation.size(), transition.next_observation.size(),
           transition.action.size());
  recorder_.add(transition.game, transition.observation, transition.action, transition.reward,
                transition.terminated, transition.next_observation);
  if (cloner_) note_opponent(transition);
  if (!transition.terminated && !transition.truncated) return;
  Episode episode = recorder_.take(transition.game);
  const WinBonus win =
      transition.win_bonus.value_or(WinBonus{config_.win_bonus, config_.win_bonus_discount});
  if (win.bonus > 0 && transition.outcome > 0) {
    spread_win_bonus(episode.rewards, win.bonus, win.discount);
  }
  sampler_.episode_added(store_.add(episode));
}

void Tdmpc2Agent::note_opponent(const Transition& transition) {
  FS_CHECK(std::ssize(transition.opponent_action) == store_.opponent_dim(),
           "a step of game {} has {} actions of the opponent, expected {}", transition.game,
           transition.opponent_action.size(), store_.opponent_dim());
  recorder_.add_opponent(transition.game, transition.opponent_action,
                         config_.opponent_cloning.index_of(transition.opponent));
}

bool Tdmpc2Agent::is_cloning_due() const {
  return cloner_ &&
         learner_.model_optimiser().num_steps() % config_.opponent_cloning.frequency == 0;
}

// Each clone learns from the steps against its opponent; without any it stays as it is.
void Tdmpc2Agent::clone_opponents(Metrics& metrics) {
  const ProfileScope scope("update/cloning");
  const OpponentCloningConfig& config = config_.opponent_cloning;
  for (std::int64_t k = 0; k < config.num_opponents(); ++k) {
    sample_opponent_steps(store_, k, config.samples, sample_rng_, opponent_steps_);
    const std::int64_t count = opponent_steps_.count;
    const std::string& name = config.opponents[static_cast<std::size_t>(k)].name;
    metrics.emplace_back("cloning/" + name + "/pairs", static_cast<double>(count));
    if (count == 0) continue;
    const auto device = model_.device();
    const Tensor loss = cloner_->clone(
        k, as_tensor(opponent_steps_.observations, {count, store_.observation_dim()}, device),
        as_tensor(opponent_steps_.opponent_actions, {count, store_.opponent_dim()}, device),
        cloner_->draw_orders(count, update_rng_));
    metrics.emplace_back("loss/cloning/" + name, loss.item<double>());
  }
}

bool Tdmpc2Agent::can_update() const { return sampler_.can_sample(config_.slice_horizon()); }

LearnerBatch Tdmpc2Agent::draw_batch() {
  const ProfileScope scope("update/batch");
  const std::int64_t horizon = config_.slice_horizon();
  const std::int64_t count = config_.learner.batch_size;
  sampler_.sample(count, horizon, sample_rng_, slices_);
  store_.gather(slices_.slices, horizon, slices_);
  const auto device = model_.device();
  LearnerBatch batch{
      .observation =
          as_tensor(slices_.observations, {horizon + 1, count, store_.observation_dim()}, device),
      .action = as_tensor(slices_.actions, {horizon, count, store_.action_dim()}, device),
      .reward = as_tensor(slices_.rewards, {horizon, count, 1}, device),
      .terminated = as_tensor(slices_.terminated, {horizon, count, 1}, device)};
  if (!slices_.weights.empty()) batch.weight = as_tensor(slices_.weights, {count}, device);
  return batch;
}

Metrics Tdmpc2Agent::update() {
  const ProfileScope scope("update");
  Metrics cloning;
  if (is_cloning_due()) clone_opponents(cloning);
  const LearnerBatch batch = draw_batch();
  const UpdateDraws draws =
      learner_.draw(config_.learner.batch_size, config_.slice_horizon(), update_rng_);
  const UpdateResult result = learner_.update(batch, draws);
  if (config_.replay.sampling == "prioritised") {
    const Tensor priorities = result.priorities.to(torch::kCPU).contiguous();
    sampler_.update_priorities(slices_.slices, {priorities.data_ptr<float>(),
                                                static_cast<std::size_t>(priorities.numel())});
  }
  is_packed_ = false;
  Metrics metrics = to_metrics(result);
  metrics.insert(metrics.end(), cloning.begin(), cloning.end());
  return metrics;
}

AgentDescription Tdmpc2Agent::describe() const {
  AgentDescription description;
  std::int64_t q_parameters = 0;
  for (const auto& network : model_.networks()) {
    const bool is_policy = network.name == "policy";
    const bool is_clone = network.name.starts_with("opponent ");
    if (network.name.starts_with("Q ")) q_parameters = network.parameters;
    description.components.push_back({network.name, network.purpose, network.layers,
                                      network.parameters, network.parameters,
                                      is_clone    ? "opponents"
                                      : is_policy ? "policy"
                                                  : "world model"});
  }
  description.components.push_back({fmt::format("target Q ensemble of {}", config_.model.num_q),
                                    "slow copy of the Q ensemble, for TD targets",
                                    {"same architecture"},
                                    q_parameters,
                                    0,
                                    "target"});
  const auto& learner = config_.learner;
  description.optimisers = {
      fmt::format("world model: Adam, learning rate {:g} (encoder {:g}), epsilon 1e-8, gradient "
                  "norm at most {:g}",
                  learner.learning_rate, learner.learning_rate * learner.encoder_lr_scale,
                  learner.grad_clip_norm),
      fmt::format("policy: Adam, learning rate {:g}, epsilon 1e-5, gradient norm at most {:g}",
                  learner.learning_rate, learner.grad_clip_norm)};
  const auto& cloning = config_.opponent_cloning;
  if (cloner_) {
    description.optimisers.push_back(fmt::format(
        "each opponent's clone: Adam, learning rate {:g}, epsilon 1e-5, {} steps every {} updates",
        cloning.learning_rate, cloning.steps, cloning.frequency));
  }
  const auto& planner = config_.planner;
  description.planner = {"type MPPI",
                         fmt::format("horizon {}", planner.horizon),
                         fmt::format("samples {}, of which {} from the policy", planner.num_samples,
                                     planner.num_policy_samples),
                         fmt::format("iterations {}", planner.iterations),
                         fmt::format("elites {}", planner.num_elites),
                         fmt::format("temperature {:g}", planner.inverse_temperature),
                         fmt::format("discount {:g}", discount_)};
  if (packed_scorer_ != nullptr) {
    description.planner.push_back(
        fmt::format("multiplies in {}", name_of(usable_precision(config_.precision))));
  }
  for (std::int64_t k = 0; k < cloning.num_opponents(); ++k) {
    description.planner.push_back(fmt::format("opponent {} imitates {}", k,
                                              cloning.opponents[static_cast<std::size_t>(k)].name));
  }
  description.replay_capacity = store_.capacity();
  // An observation, an action, a reward, whether it ended.
  description.replay_row_bytes = std::int64_t{4} * (store_.observation_dim() + store_.action_dim() +
                                                    2 + store_.opponent_dim());
  return description;
}

void Tdmpc2Agent::save_model(const std::filesystem::path& folder) const {
  write_model(model_, folder);
}

void Tdmpc2Agent::load_model(const std::filesystem::path& folder) {
  read_model(model_, folder);
  is_packed_ = false;
}

// Another folder, another log: everything stored is written there anew.
EpisodeLog& Tdmpc2Agent::log_in(const std::filesystem::path& folder) {
  const auto replay = folder / "replay";
  if (!log_ || log_->folder() != replay) {
    log_.emplace(replay, store_.observation_dim(), store_.action_dim(), EpisodeLog::kSegmentBytes,
                 store_.opponent_dim());
  }
  return *log_;
}

void Tdmpc2Agent::save(const CheckpointPlace& place) {
  write_model(model_, place.folder);
  write_learner({learner_, cloner()}, {sample_rng_.state(), update_rng_.state()}, place.folder);
  write_replay({store_, recorder_, log_in(place.lasting)}, sampler_, place);
}

void Tdmpc2Agent::load(const CheckpointPlace& place) {
  read_model(model_, place.folder);
  const auto states = read_learner({learner_, cloner()}, place.folder);
  sample_rng_.set_state(states[0]);
  update_rng_.set_state(states[1]);
  read_replay({store_, recorder_, log_in(place.lasting)}, sampler_, place);
  is_packed_ = false;
}

FS_REGISTER_AGENT("tdmpc2", Tdmpc2Agent,
                  "TD-MPC2: plans with MPPI in a learned latent world model (Hansen et al., 2024)");

}  // namespace foresight

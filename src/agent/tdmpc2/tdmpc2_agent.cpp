#include "agent/tdmpc2/tdmpc2_agent.h"

#include <algorithm>

#include "agent/picture_files.h"
#include "agent/tdmpc2/agent_files.h"
#include "agent/tdmpc2/tdmpc2_actor.h"
#include "base/error.h"
#include "base/profile.h"
#include "nn/compute_team.h"
#include "nn/rank_tensors.h"
#include "replay/reward_backprop.h"
#include "world_model/tdmpc2/packed_scorer.h"

namespace foresight {
namespace {

torch::Device device_of(const Tdmpc2Config& config) {
  if (config.device == "cuda" && !torch::cuda::is_available()) {
    fail(
        "agent.device = \"cuda\", but this program sees no CUDA device; use agent.device=cpu or "
        "build with a LibTorch that has CUDA (LIBTORCH_ROOT)");
  }
  return config.uses_cuda() ? torch::kCUDA : torch::kCPU;
}

Tensor as_tensor(std::vector<float>& values, at::IntArrayRef shape, const torch::Device& device) {
  // On the CPU the tensor borrows the batch's own memory, which outlives the update.
  return torch::from_blob(values.data(), shape, torch::kFloat32).to(device);
}

}  // namespace

Tdmpc2Agent::Tdmpc2Agent(const Tdmpc2Config& config, const EnvSpec& env, std::uint64_t seed)
    : config_(config),
      env_(env),
      seed_(seed),
      discount_(config.discount_for(env)),
      task_discounts_(config.task_discounts_for(env)),
      model_(config.built_model(env), env.observation_dim, env.action_dim, device_of(config), seed),
      learner_(model_, config.learner, discount_, task_discounts_),
      store_(env.observation_dim, env.action_dim, config.replay.capacity,
             config.opponent_cloning.num_opponents() > 0 ? env.action_dim : 0),
      sampler_(config.replay, store_),
      sample_rng_(seed, "tdmpc2/replay"),
      update_rng_(seed, "tdmpc2/update") {
  if (model_.opponents().size() > 0) cloner_.emplace(model_, config.opponent_cloning);
  if (model_.sees_pixels()) {
    pictures_.emplace(env.image->num_frames, env.image->num_bytes() / env.image->num_frames);
  }
  const bool can_pack = model_.device().is_cpu() && config_.model.num_bins >= 2 &&
                        !config_.plans_with_dropout_before_norm();
  if (config_.scorer == "packed" || (config_.scorer == "auto" && can_pack)) {
    packed_scorer_ = std::make_unique<PackedScorer>(
        model_, config_.sequence_value, discount_,
        RolloutThreads{.num_threads = team_threads(),
                       .precision = usable_precision(config_.precision)});
    is_packed_ = true;
  } else {
    tensor_scorer_ = std::make_unique<TensorScorer>(model_, config_.sequence_value, discount_,
                                                    matmul_format(config_.precision));
  }
}

Tdmpc2Agent::~Tdmpc2Agent() = default;

std::vector<std::int64_t> Tdmpc2Agent::picture_shape() const {
  if (!pictures_) return {};
  return {model_.config().image_channels, kImageSize, kImageSize};
}

void Tdmpc2Agent::keep_files_in(const std::filesystem::path& lasting) {
  if (pictures_) pictures_->frames().keep_in(frames_folder(lasting));
}

void Tdmpc2Agent::forget_unfinished(std::int64_t game) {
  recorder_.forget(game);
  if (pictures_) pictures_->forget(game);
}

std::unique_ptr<Actor> Tdmpc2Agent::make_actor(const ActorOptions& options) {
  return std::make_unique<Tdmpc2Actor>(*this, options);
}

LatentModel& Tdmpc2Agent::scorer(std::int64_t task) {
  const bool has_packed = packed_scorer_ != nullptr;
  if (has_packed && are_actors_held_) return *packed_scorer_;
  if (task_discounts_.empty()) {
    if (!has_packed) return *tensor_scorer_;
    if (!is_packed_) {
      const ProfileScope scope("plan/pack");
      packed_scorer_->pack();
    }
    is_packed_ = true;
    return *packed_scorer_;
  }
  // A model of several: whose turn it is, with the present weights.
  if (task < 0) task = env_.task;
  if (task < 0 || task >= std::ssize(task_discounts_)) {
    fail("{} has {} tasks: name the one that is played (env.task)", env_.id, env_.tasks.size());
  }
  LatentModel& chosen = has_packed ? static_cast<LatentModel&>(*packed_scorer_) : *tensor_scorer_;
  if (!is_packed_ || scored_task_ != task) {
    const ProfileScope scope("plan/pack");
    chosen.set_task(task, task_discounts_[static_cast<std::size_t>(task)]);
  }
  scored_task_ = task;
  is_packed_ = true;
  return chosen;
}

bool Tdmpc2Agent::hold_actors() {
  // The encoder of pictures is not packed: actors read its weights as they are.
  if (packed_scorer_ == nullptr || pictures_) return false;
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
  if (pictures_) pictures_->add(transition.game, transition.image, transition.next_image);
  if (!transition.terminated && !transition.truncated) return;
  Episode episode = recorder_.take(transition.game);
  const WinBonus win =
      transition.win_bonus.value_or(WinBonus{config_.win_bonus, config_.win_bonus_discount});
  if (win.bonus > 0 && transition.outcome > 0) {
    spread_win_bonus(episode.rewards, win.bonus, win.discount);
  }
  sampler_.episode_added(store_.add(episode));
  if (pictures_) pictures_->store(transition.game, store_.index());
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
    const auto counts = gather_values(*ranks_, count);
    const std::string& name = config.opponents[static_cast<std::size_t>(k)].name;
    metrics.emplace_back("cloning/" + name + "/pairs", static_cast<double>(count));
    if (std::ranges::count(counts, 0) == ranks_->size()) continue;
    const auto device = model_.device();
    const Tensor loss = cloner_->clone(
        k, as_tensor(opponent_steps_.observations, {count, store_.observation_dim()}, device),
        as_tensor(opponent_steps_.opponent_actions, {count, store_.opponent_dim()}, device),
        cloner_->draw_orders(count, update_rng_));
    metrics.emplace_back("loss/cloning/" + name, loss.item<double>());
  }
}

void Tdmpc2Agent::learn_from(const std::vector<std::filesystem::path>& data) {
  if (config_.replay.sampling != "uniform_episode") {
    fail("agent.replay.sampling = \"{}\": recorded data is drawn by \"uniform_episode\" only",
         config_.replay.sampling);
  }
  if (pictures_)
    fail("data: recorded episodes hold no pictures; agent.inputs = \"vector\" needs none");
  prefetcher_.reset();
  data_.emplace(data, DatasetUse{.observation_dim = env_.observation_dim,
                                 .action_dim = env_.action_dim,
                                 .tasks = task_names().names});
  if (!data_->can_sample(config_.slice_horizon())) {
    fail("data: no recorded episode has {} steps or more (agent.planner.horizon)",
         config_.slice_horizon());
  }
}

void Tdmpc2Agent::join(Ranks& ranks, std::uint64_t stream) {
  ranks_ = &ranks;
  learner_.join(ranks);
  if (cloner_ && ranks.size() > 1) cloner_->join(ranks);
  sample_rng_ = Rng(seed_, "tdmpc2/replay", stream);
  update_rng_ = Rng(seed_, "tdmpc2/update", stream);
}

std::uint32_t Tdmpc2Agent::weights_checksum() const {
  std::uint32_t sum = 0;
  model_.for_each_tensor(
      [&](const std::string&, const Tensor& tensor) { sum = add_to_checksum(sum, tensor); });
  return sum;
}

bool Tdmpc2Agent::can_update() const {
  return data_ || sampler_.can_sample(config_.slice_horizon());
}

SliceBatch& Tdmpc2Agent::draw_slices() {
  const std::int64_t horizon = config_.slice_horizon();
  const std::int64_t count = config_.learner.batch_size;
  if (data_) {
    if (!prefetcher_) prefetcher_.emplace(*data_, count, horizon, sample_rng_.state());
    return prefetcher_->next();
  }
  sampler_.sample(count, horizon, sample_rng_, slices_);
  if (ranks_->size() > 1 && !slices_.weights.empty()) weigh_over_ranks();
  store_.gather(slices_.slices, horizon, slices_);
  return slices_;
}

// The whole batch comes out of all replays, and the rarest slice may lie in any of them.
void Tdmpc2Agent::weigh_over_ranks() {
  const std::int64_t horizon = config_.slice_horizon();
  const auto shares = gather_values(*ranks_, sampler_.rarest_share(horizon));
  slices_.weights =
      sampler_.importance_weights(slices_.slices, horizon, *std::ranges::min_element(shares));
}

void Tdmpc2Agent::update_priorities(const Tensor& priorities) {
  const Tensor values = priorities.to(torch::kCPU).contiguous();
  sampler_.update_priorities(
      slices_.slices, {values.const_data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  for (const double priority : gather_values(*ranks_, sampler_.max_priority())) {
    sampler_.raise_max_priority(priority);
  }
}

// A rank's slices get noise of their own. The members of the ensemble are chosen once for the whole
// batch: by the number of the update, so that no rank has to tell the others.
UpdateDraws Tdmpc2Agent::draw_noise() {
  UpdateDraws draws =
      learner_.draw(config_.learner.batch_size, config_.slice_horizon(), update_rng_);
  if (ranks_->size() > 1) {
    Rng rng(seed_, "tdmpc2/members",
            static_cast<std::uint64_t>(learner_.model_optimiser().num_steps()));
    learner_.draw_members(draws, rng);
  }
  return draws;
}

// [B] int64; undefined with one task. What was played here is of the played task.
Tensor Tdmpc2Agent::tasks_of(const SliceBatch& slices) const {
  if (task_discounts_.empty()) return {};
  if (!data_) return torch::full({slices.num_slices}, env_.task, torch::kLong);
  return torch::tensor(slices.tasks, torch::kLong);
}

// [H + 1, B, O], or pictures [H + 1, B, C, 64, 64] as bytes.
Tensor Tdmpc2Agent::observations_of(SliceBatch& slices) {
  const std::int64_t horizon = slices.horizon;
  const std::int64_t count = slices.num_slices;
  if (!pictures_) {
    return as_tensor(slices.observations, {horizon + 1, count, store_.observation_dim()},
                     model_.device());
  }
  pictures_->gather(store_.index(), slices.slices, horizon, batch_pictures_);
  std::vector<std::int64_t> shape = picture_shape();
  shape.insert(shape.begin(), {horizon + 1, count});
  return torch::from_blob(batch_pictures_.data(), shape, torch::kUInt8).to(model_.device());
}

LearnerBatch Tdmpc2Agent::draw_batch() {
  const ProfileScope scope("update/batch");
  const std::int64_t horizon = config_.slice_horizon();
  const std::int64_t count = config_.learner.batch_size;
  SliceBatch& drawn = draw_slices();
  const auto device = model_.device();
  LearnerBatch batch{
      .observation = observations_of(drawn),
      .action = as_tensor(drawn.actions, {horizon, count, store_.action_dim()}, device),
      .reward = as_tensor(drawn.rewards, {horizon, count, 1}, device),
      .terminated = as_tensor(drawn.terminated, {horizon, count, 1}, device),
      .task = tasks_of(drawn)};
  if (!drawn.weights.empty()) batch.weight = as_tensor(drawn.weights, {count}, device);
  return batch;
}

Metrics Tdmpc2Agent::update() {
  const ProfileScope scope("update");
  const RecycledMemory::Scope memory(update_memory_);
  Metrics cloning;
  if (is_cloning_due()) clone_opponents(cloning);
  const LearnerBatch batch = draw_batch();
  const UpdateResult result = learner_.update(batch, draw_noise());
  if (config_.replay.sampling == "prioritised" && !data_) update_priorities(result.priorities);
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
  if (const Tensor table = model_.tasks().num_tasks() > 0 ? model_.task_table().cpu() : Tensor{};
      table.defined()) {
    for (std::int64_t task = 0; task < table.size(0); ++task) {
      const float* values = table[task].data_ptr<float>();
      description.tasks.push_back({env_.tasks[static_cast<std::size_t>(task)].name,
                                   std::vector<float>(values, values + table.size(1))});
    }
  }
  description.replay_capacity = store_.capacity();
  // An observation, an action, a reward, whether it ended.
  description.replay_row_bytes = std::int64_t{4} * (store_.observation_dim() + store_.action_dim() +
                                                    2 + store_.opponent_dim());
  if (pictures_) description.picture_row_bytes = pictures_->frame_bytes();
  return description;
}

TaskNames Tdmpc2Agent::task_names() const {
  TaskNames tasks{.names = {}, .like = config_.task_from};
  for (const TaskSpec& task : env_.tasks) tasks.names.push_back(task.name);
  return tasks;
}

void Tdmpc2Agent::save_model(const std::filesystem::path& folder) const {
  write_model(model_, task_names(), folder);
}

void Tdmpc2Agent::load_model(const std::filesystem::path& folder) {
  read_model(model_, task_names(), folder);
  is_packed_ = false;
}

void Tdmpc2Agent::save(const CheckpointPlace& place) {
  const RngState samples = prefetcher_ ? prefetcher_->state() : sample_rng_.state();
  const LearnerStreams streams{samples, update_rng_.state()};
  if (place.holds_common()) {
    write_model(model_, task_names(), place.folder);
    write_learner({learner_, cloner()}, streams, place.folder);
  } else {
    write_streams(streams, place.folder);
  }
  write_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, sampler_, place);
  if (pictures_) write_pictures(*pictures_, store_.index(), place);
}

void Tdmpc2Agent::load(const CheckpointPlace& place) {
  read_model(model_, task_names(), place.common);
  auto states = read_learner({learner_, cloner()}, place.common);
  if (!place.holds_common()) states = read_streams(place.folder);
  prefetcher_.reset();
  sample_rng_.set_state(states[0]);
  update_rng_.set_state(states[1]);
  read_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, sampler_, place);
  if (pictures_) read_pictures(*pictures_, store_.index(), place);
  is_packed_ = false;
}

void Tdmpc2Agent::load_shards(const std::vector<CheckpointPlace>& shards) {
  if (pictures_) refuse_to_share_pictures(ranks_->size(), std::ssize(shards));
  read_model(model_, task_names(), shards.front().common);
  read_learner({learner_, cloner()}, shards.front().common);
  read_replay_shards(shards, *ranks_, store_, sampler_);
  recorder_.clear();
  is_packed_ = false;
}

FS_REGISTER_AGENT("tdmpc2", Tdmpc2Agent,
                  "TD-MPC2: plans with MPPI in a learned latent world model (Hansen et al., 2024)");

}  // namespace foresight

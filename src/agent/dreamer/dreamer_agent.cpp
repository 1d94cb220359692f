#include "agent/dreamer/dreamer_agent.h"

#include <algorithm>
#include <numeric>

#include "agent/dreamer/agent_files.h"
#include "agent/dreamer/dream_sheet.h"
#include "agent/dreamer/dreamer_actor.h"
#include "agent/picture_files.h"
#include "agent/replay_files.h"
#include "base/error.h"
#include "base/profile.h"

namespace foresight {
namespace {

// The film that pictures() shows, as the original's: so many steps, of which the first are seen.
constexpr std::int64_t kFilmSteps = 50;
constexpr std::int64_t kFilmContext = 5;
constexpr std::int64_t kFilmEvery = 5;

std::int64_t image_bytes_of(const DreamerConfig& config, const EnvSpec& env) {
  return config.sees_image(env) ? env.image->num_bytes() : 0;
}

std::int64_t parameters_of(const ParameterSet& parameters, const std::string& prefix) {
  return parameters.range_of(prefix).second;
}

std::string text_of(const KerasAdamConfig& config) {
  return fmt::format("learning rate {:g}, epsilon {:g}, gradient norm at most {:g}, decay {:g}",
                     config.learning_rate, config.epsilon, config.clip_norm, config.weight_decay);
}

}  // namespace

DreamerAgent::DreamerAgent(const DreamerConfig& config, const EnvSpec& env, std::uint64_t seed)
    : config_(config),
      seed_(seed),
      image_bytes_(image_bytes_of(config, env)),
      learner_(config, env, device_of(config), seed),
      store_(env.observation_dim, env.action_dim, config.replay.capacity),
      sampler_(config.replay, store_),
      sample_rng_(seed, "dreamer/replay"),
      update_rng_(seed, "dreamer/update") {
  if (image_bytes_ > 0) pictures_.emplace(/*num_frames=*/1, image_bytes_);
}

std::unique_ptr<Actor> DreamerAgent::make_actor(const ActorOptions& options) {
  return std::make_unique<DreamerActor>(*this, options);
}

void DreamerAgent::keep_files_in(const std::filesystem::path& lasting) {
  if (pictures_) pictures_->frames().keep_in(frames_folder(lasting));
}

void DreamerAgent::observe(const Transition& transition) {
  FS_CHECK(std::ssize(transition.observation) == store_.observation_dim() &&
               std::ssize(transition.next_observation) == store_.observation_dim() &&
               std::ssize(transition.action) == store_.action_dim(),
           "a step of game {} has {} and {} observations and {} actions", transition.game,
           transition.observation.size(), transition.next_observation.size(),
           transition.action.size());
  ++num_steps_;
  std::span<const float> action = transition.action;
  if (learner_.is_discrete()) {  // the largest entry is what was played
    action_.assign(action.size(), 0.0f);
    action_[std::ranges::max_element(action) - action.begin()] = 1.0f;
    action = action_;
  }
  recorder_.add(transition.game, transition.observation, action, transition.reward,
                transition.terminated, transition.next_observation);
  if (pictures_) pictures_->add(transition.game, transition.image, transition.next_image);
  if (!transition.terminated && !transition.truncated) return;
  store_.add(recorder_.take(transition.game));
  if (pictures_) pictures_->store(transition.game, store_.index());
}

void DreamerAgent::forget_unfinished(std::int64_t game) {
  recorder_.forget(game);
  if (pictures_) pictures_->forget(game);
}

void DreamerAgent::join(Ranks& ranks, std::uint64_t stream) {
  ranks_ = &ranks;
  learner_.join(ranks);
  sample_rng_ = Rng(seed_, "dreamer/replay", stream);
  update_rng_ = Rng(seed_, "dreamer/update", stream);
}

std::uint32_t DreamerAgent::weights_checksum() const { return checksum_of(learner_); }

std::int64_t DreamerAgent::steps_of_all_ranks() const {
  const auto steps = gather_values(*ranks_, num_steps_);
  return std::accumulate(steps.begin(), steps.end(), std::int64_t{0});
}

Metrics DreamerAgent::update() {
  const ProfileScope scope("update");
  {
    const ProfileScope batch_scope("update/batch");
    sampler_.sample(sample_rng_, batch_);
    if (pictures_) {
      images_.resize(batch_.rows.size() * static_cast<std::size_t>(image_bytes_));
      for (std::size_t i = 0; i < batch_.rows.size(); ++i) {
        pictures_->read(store_.index(), batch_.rows[i], 1,
                        images_.data() + i * static_cast<std::size_t>(image_bytes_));
      }
    }
  }
  return learner_.update(batch_, images_, update_rng_, steps_of_all_ranks());
}

AgentDescription DreamerAgent::describe() const {
  const RssmWorldModel& model = learner_.model();
  const ActorCritic& behaviour = learner_.behaviour();
  const ParameterSet& parameters = learner_.model_parameters();
  const auto part = [&](const char* name, const char* purpose, std::vector<std::string> layers,
                        std::int64_t count, const char* group) {
    return ComponentDescription{name, purpose, std::move(layers), count, count, group};
  };
  AgentDescription description;
  auto& components = description.components;
  components.push_back(part("encoder", "observation -> embedding", model.encoder().describe(),
                            parameters_of(parameters, "encoder."), "world model"));
  components.push_back(part("RSSM", "state and action -> next state, without and with observation",
                            model.rssm().describe(), parameters_of(parameters, "rssm."),
                            "world model"));
  components.push_back(part("decoder", "state -> observation", model.decoder().describe(),
                            parameters_of(parameters, "decoder."), "world model"));
  components.push_back(part("reward head", "state -> reward", model.reward().describe(),
                            parameters_of(parameters, "reward."), "world model"));
  if (model.discount()) {
    components.push_back(part("discount head", "state -> discount, 0 at an end",
                              model.discount()->describe(), parameters_of(parameters, "discount."),
                              "world model"));
  }
  components.push_back(part("actor", "state -> action", behaviour.policy().describe(),
                            behaviour.actor_parameters().size(), "actor"));
  components.push_back(part("critic", "state -> value", behaviour.critic().describe(),
                            behaviour.critic_parameters().size(), "critic"));
  components.push_back({"slow critic",
                        "copy of the critic, for targets",
                        {"same architecture"},
                        behaviour.slow_parameters().size(),
                        0,
                        "target"});
  description.optimisers = {"world model: Keras' Adam, " + text_of(config_.model_optimiser),
                            "actor: Keras' Adam, " + text_of(config_.behaviour.actor_optimiser),
                            "critic: Keras' Adam, " + text_of(config_.behaviour.critic_optimiser)};
  description.planner = {
      "none: the actor acts",
      fmt::format("learned in dreams of {} steps, discount {:g}, lambda {:g}",
                  config_.behaviour.horizon, config_.discount, config_.behaviour.lambda)};
  description.replay_capacity = store_.capacity();
  // On disk besides: a picture of `image_bytes_`.
  description.replay_row_bytes =
      std::int64_t{4} * (store_.observation_dim() + store_.action_dim() + 2);
  return description;
}

// The first steps of the newest stored episode.
SeenSteps DreamerAgent::newest_steps() const {
  SeenSteps seen;
  if (store_.episodes().empty()) return seen;
  const EpisodeStore::Stored& episode = store_.episodes().back();
  seen.num_steps = std::min(kFilmSteps, episode.num_rows);
  for (std::int64_t row = episode.first_row; row < episode.first_row + seen.num_steps; ++row) {
    const auto observation = store_.observation(row);
    const auto action = store_.action(row);
    seen.observations.insert(seen.observations.end(), observation.begin(), observation.end());
    seen.actions.insert(seen.actions.end(), action.begin(), action.end());
  }
  std::fill_n(seen.actions.begin(), store_.action_dim(), 0.0f);  // nothing led to the first step
  seen.images.resize(static_cast<std::size_t>(seen.num_steps * image_bytes_));
  pictures_->read(store_.index(), episode.first_row, seen.num_steps, seen.images.data());
  return seen;
}

std::vector<NamedPicture> DreamerAgent::pictures() {
  if (!pictures_) return {};
  const SeenSteps seen = newest_steps();
  if (seen.num_steps <= kFilmContext) return {};
  const DreamFilm film =
      film_dream(*this, seen, kFilmContext, static_cast<std::uint64_t>(num_steps_));
  return {{"dream", dream_sheet(film, seen, kFilmEvery)}};
}

void DreamerAgent::save_model(const std::filesystem::path& folder) const {
  write_dreamer_model(learner_, folder);
}

void DreamerAgent::load_model(const std::filesystem::path& folder) {
  read_dreamer_model(learner_, folder);
}

void DreamerAgent::save(const CheckpointPlace& place) {
  const DreamerCourse course{{sample_rng_.state(), update_rng_.state()}, num_steps_};
  if (place.holds_common()) {
    write_dreamer_model(learner_, place.folder);
    write_dreamer_learner(learner_, course, place.folder);
  } else {
    write_dreamer_course(course, place.folder);
  }
  write_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, place,
               [](SafetensorsWriter&) {});
  if (pictures_) write_pictures(*pictures_, store_.index(), place);
}

void DreamerAgent::load(const CheckpointPlace& place) {
  read_dreamer_model(learner_, place.common);
  DreamerCourse course = read_dreamer_learner(learner_, place.common);
  if (!place.holds_common()) course = read_dreamer_course(place.folder);
  sample_rng_.set_state(course.streams[0]);
  update_rng_.set_state(course.streams[1]);
  num_steps_ = course.steps;
  read_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, place);
  if (pictures_) read_pictures(*pictures_, store_.index(), place);
}

void DreamerAgent::load_shards(const std::vector<CheckpointPlace>& shards) {
  if (pictures_) refuse_to_share_pictures(ranks_->size(), std::ssize(shards));
  read_dreamer_model(learner_, shards.front().common);
  num_steps_ = read_dreamer_learner(learner_, shards.front().common).steps;
  for (const CheckpointPlace& shard : shards) {
    if (!shard.holds_common()) num_steps_ += read_dreamer_course(shard.folder).steps;
  }
  if (ranks_->rank() != 0) num_steps_ = 0;  // they are added up
  store_.begin_at(0);
  for (const SharedEpisode& shared : share_of_episodes(shards, store_, *ranks_)) {
    store_.add(shared.episode);
  }
  recorder_.clear();
}

FS_REGISTER_AGENT("dreamerv2", DreamerAgent,
                  "DreamerV2: a policy learned in the dreams of a recurrent world model (Hafner et "
                  "al., 2021)");

}  // namespace foresight

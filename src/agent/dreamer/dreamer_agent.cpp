#include "agent/dreamer/dreamer_agent.h"

#include <algorithm>

#include "agent/dreamer/agent_files.h"
#include "agent/dreamer/dream_sheet.h"
#include "agent/dreamer/dreamer_actor.h"
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
      image_bytes_(image_bytes_of(config, env)),
      learner_(config, env, device_of(config), seed),
      store_(env.observation_dim, env.action_dim, config.replay.capacity),
      sampler_(config.replay, store_),
      sample_rng_(seed, "dreamer/replay"),
      update_rng_(seed, "dreamer/update") {
  if (image_bytes_ > 0) frames_.emplace(image_bytes_);
}

std::unique_ptr<Actor> DreamerAgent::make_actor(const ActorOptions& options) {
  return std::make_unique<DreamerActor>(*this, options);
}

void DreamerAgent::keep_files_in(const std::filesystem::path& lasting) {
  if (frames_) frames_->keep_in(lasting / "frames");
}

void DreamerAgent::observe(const Transition& transition) {
  FS_CHECK(std::ssize(transition.observation) == store_.observation_dim() &&
               std::ssize(transition.next_observation) == store_.observation_dim() &&
               std::ssize(transition.action) == store_.action_dim(),
           "a step of game {} has {} and {} observations and {} actions", transition.game,
           transition.observation.size(), transition.next_observation.size(),
           transition.action.size());
  FS_CHECK(std::ssize(transition.next_image) >= image_bytes_,
           "a step of game {} has pictures of {} bytes, expected {}", transition.game,
           transition.next_image.size(), image_bytes_);
  ++num_steps_;
  std::span<const float> action = transition.action;
  if (learner_.is_discrete()) {  // the largest entry is what was played
    action_.assign(action.size(), 0.0f);
    action_[std::ranges::max_element(action) - action.begin()] = 1.0f;
    action = action_;
  }
  recorder_.add(transition.game, transition.observation, action, transition.reward,
                transition.terminated, transition.next_observation);
  if (frames_) {
    auto& frames = unfinished_frames_[transition.game];
    if (frames.empty()) {
      frames.insert(frames.end(), transition.image.begin(), transition.image.end());
    }
    frames.insert(frames.end(), transition.next_image.begin(), transition.next_image.end());
  }
  if (transition.terminated || transition.truncated) add_episode(transition.game);
}

void DreamerAgent::add_episode(std::int64_t game) {
  if (frames_) {
    const auto frames = std::move(unfinished_frames_[game]);
    unfinished_frames_.erase(game);
    const std::int64_t rows = recorder_.unfinished().at(game).num_steps() + 1;
    FS_CHECK(std::ssize(frames) == rows * image_bytes_ &&
                 frames_->next() == store_.next_row() + frame_offset_,
             "game {}: {} bytes of pictures for {} rows", game, frames.size(), rows);
    frames_->append(frames);
  }
  store_.add(recorder_.take(game));
}

void DreamerAgent::forget_unfinished(std::int64_t game) {
  recorder_.forget(game);
  unfinished_frames_.erase(game);
}

Metrics DreamerAgent::update() {
  const ProfileScope scope("update");
  {
    const ProfileScope batch_scope("update/batch");
    sampler_.sample(sample_rng_, batch_);
    if (frames_) {
      images_.resize(batch_.rows.size() * static_cast<std::size_t>(image_bytes_));
      for (std::size_t i = 0; i < batch_.rows.size(); ++i) {
        frames_->read(batch_.rows[i] + frame_offset_, 1,
                      images_.data() + i * static_cast<std::size_t>(image_bytes_));
      }
    }
  }
  return learner_.update(batch_, images_, update_rng_, num_steps_);
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
  frames_->read(episode.first_row + frame_offset_, seen.num_steps, seen.images.data());
  return seen;
}

std::vector<NamedPicture> DreamerAgent::pictures() {
  if (!frames_) return {};
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
  write_dreamer_model(learner_, place.folder);
  write_dreamer_learner(learner_, {sample_rng_.state(), update_rng_.state()}, num_steps_,
                        place.folder);
  if (frames_) {
    keep_files_in(place.lasting);
    frames_->flush();
  }
  write_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, place,
               [](SafetensorsWriter&) {});
  if (!frames_) return;
  const std::int64_t first =
      store_.episodes().empty() ? store_.next_row() : store_.episodes().front().first_row;
  write_dreamer_frames(*frames_, first + frame_offset_, unfinished_frames_, place);
}

void DreamerAgent::load(const CheckpointPlace& place) {
  read_dreamer_model(learner_, place.folder);
  const auto [streams, steps] = read_dreamer_learner(learner_, place.folder);
  sample_rng_.set_state(streams[0]);
  update_rng_.set_state(streams[1]);
  num_steps_ = steps;
  read_replay({store_, recorder_, log_in(place.lasting, store_, log_)}, place);
  if (!frames_) return;
  unfinished_frames_ = read_dreamer_frames(*frames_, place);
  frame_offset_ = frames_->next() - store_.next_row();  // the store counts from 0 again
  const std::int64_t rows = store_.num_rows();
  if (rows > 0 && frames_->next() < rows) {
    fail("{}: {} pictures for {} stored rows", place.folder.string(), frames_->next(), rows);
  }
}

FS_REGISTER_AGENT("dreamerv2", DreamerAgent,
                  "DreamerV2: a policy learned in the dreams of a recurrent world model (Hafner et "
                  "al., 2021)");

}  // namespace foresight

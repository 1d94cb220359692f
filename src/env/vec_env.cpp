#include "env/vec_env.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "env/thread_pool.h"

namespace foresight {

std::uint64_t episode_seed(std::uint64_t seed, std::int64_t env_index, std::uint64_t episode) {
  const std::uint64_t env_seed =
      Rng(seed, "vec_env", static_cast<std::uint64_t>(env_index)).next_u64();
  return Rng(env_seed, "episode", episode).next_u64();
}

VecEnv::VecEnv(std::vector<std::unique_ptr<Env>> envs, const VecEnvOptions& options)
    : envs_(std::move(envs)), options_(options) {
  FS_CHECK(!envs_.empty(), "no environment");
  FS_CHECK(options.num_threads > 0, "{} threads", options.num_threads);
  for (const auto& env : envs_) {
    FS_CHECK(env->spec().id == spec().id && env->spec().action_dim == spec().action_dim &&
                 env->spec().observation_dim == spec().observation_dim,
             "environments that differ: {} and {}", env->spec().id, spec().id);
    FS_CHECK(env->spec().image == spec().image, "{}: pictures that differ", spec().id);
  }
  const auto num_rows = envs_.size() * spec().num_players;
  actions_.resize(num_rows * spec().action_dim);
  observations_.resize(num_rows * spec().observation_dim);
  final_observations_.resize(observations_.size());
  rewards_.resize(envs_.size());
  opponent_rewards_.resize(envs_.size());
  reward_terms_.resize(envs_.size() * spec().reward_terms.size());
  terminated_.resize(envs_.size());
  truncated_.resize(envs_.size());
  outcomes_.resize(envs_.size(), Outcome::kNone);
  broken_.resize(envs_.size());
  if (spec().image) final_images_.resize(envs_.size() * spec().image->num_bytes());
  num_episodes_.resize(envs_.size());
  pool_ = std::make_unique<ThreadPool>(std::min(options.num_threads, num_envs()));
}

VecEnv::~VecEnv() = default;

void VecEnv::reset() {
  pool_->for_each(num_envs(), [this](std::int64_t index) { begin_episode(index); });
}

void VecEnv::reset(std::int64_t index) { begin_episode(index); }

void VecEnv::step() {
  if (spec().is_external) start_steps();
  pool_->for_each(num_envs(), [this](std::int64_t index) { step_env(index); });
}

// All are told before any is waited for.
void VecEnv::start_steps() {
  for (std::int64_t index = 0; index < num_envs(); ++index) {
    envs_[index]->start_step(actions_of(index));
  }
}

void VecEnv::begin_episode(std::int64_t index) {
  envs_[index]->reset(episode_seed(options_.seed, index, num_episodes_[index]++));
  copy_observations(index, observations_);
}

void VecEnv::step_env(std::int64_t index) {
  Env& env = *envs_[index];
  const auto result = env.step(actions_of(index));
  rewards_[index] = result.reward;
  opponent_rewards_[index] = result.opponent_reward;
  terminated_[index] = result.terminated;
  truncated_[index] = result.truncated;
  outcomes_[index] = result.outcome;
  broken_[index] = result.broken;
  const auto terms = env.reward_terms();
  std::copy(terms.begin(), terms.end(), reward_terms_.begin() + index * std::ssize(terms));
  if (result.over()) {
    copy_observations(index, final_observations_);
    const auto image = env.image();
    std::ranges::copy(image, final_images_.begin() + index * std::ssize(image));
  }
  if (result.over() && options_.auto_reset) {
    begin_episode(index);
  } else {
    copy_observations(index, observations_);
  }
}

void VecEnv::copy_observations(std::int64_t index, std::span<float> target) const {
  for (int player = 0; player < spec().num_players; ++player) {
    const auto row = (index * spec().num_players + player) * spec().observation_dim;
    std::ranges::copy(envs_[index]->observation(player), target.begin() + row);
  }
}

std::span<const float> VecEnv::actions_of(std::int64_t index) const {
  const auto size = spec().num_players * spec().action_dim;
  return std::span(actions_).subspan(index * size, size);
}

std::span<const std::uint8_t> VecEnv::final_image(std::int64_t index) const {
  const auto size = final_images_.size() / envs_.size();
  return std::span(final_images_).subspan(index * size, size);
}

std::span<float> VecEnv::actions(std::int64_t index, int player) {
  const auto row = index * spec().num_players + player;
  return std::span(actions_).subspan(row * spec().action_dim, spec().action_dim);
}

std::span<const float> VecEnv::observation(std::int64_t index, int player) const {
  const auto row = index * spec().num_players + player;
  return observations().subspan(row * spec().observation_dim, spec().observation_dim);
}

std::span<const float> VecEnv::final_observation(std::int64_t index, int player) const {
  const auto row = index * spec().num_players + player;
  return final_observations().subspan(row * spec().observation_dim, spec().observation_dim);
}

void VecEnv::set_num_episodes(std::span<const std::uint64_t> num_episodes) {
  FS_CHECK(num_episodes.size() == num_episodes_.size(), "{} counts for {} environments",
           num_episodes.size(), num_episodes_.size());
  std::ranges::copy(num_episodes, num_episodes_.begin());
}

}  // namespace foresight

// Many copies of one environment, stepped together, with one contiguous buffer for each quantity.
// The results do not depend on the number of threads.
// Axes: N environments, P players, O observation, A action, R reward terms.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "env/env.h"

namespace foresight {

class ThreadPool;  // env/thread_pool.h

struct VecEnvOptions {
  std::uint64_t seed = 0;
  // True: an environment that ends begins its next episode within the same step.
  bool auto_reset = true;
  std::int64_t num_threads = 1;  // the caller's own included
};

class VecEnv {
 public:
  // All environments are alike (same spec). They are not reset yet.
  VecEnv(std::vector<std::unique_ptr<Env>> envs, const VecEnvOptions& options);
  ~VecEnv();
  VecEnv(const VecEnv&) = delete;
  VecEnv& operator=(const VecEnv&) = delete;

  const EnvSpec& spec() const { return envs_[0]->spec(); }
  std::int64_t num_envs() const { return static_cast<std::int64_t>(envs_.size()); }
  Env& env(std::int64_t index) { return *envs_[index]; }
  const Env& env(std::int64_t index) const { return *envs_[index]; }

  // Begins the next episode, everywhere or in one place. Episode e of environment i has the seed
  // episode_seed(seed, i, e) and counts from 0.
  void reset();
  void reset(std::int64_t index);
  // Plays actions() once everywhere. Allocates nothing but what an environment's own reset does.
  // Without auto_reset the ended ones must be reset before the next step.
  void step();
  // The same in one place only.
  void step(std::int64_t index) { step_env(index); }

  std::span<float> actions() { return actions_; }            // [N, P, A], to fill
  std::span<float> actions(std::int64_t index, int player);  // [A]
  // [N, P, O]; after an end with auto_reset the first one of the next episode.
  std::span<const float> observations() const { return observations_; }
  std::span<const float> observation(std::int64_t index, int player) const;  // [O]
  // [N, P, O], rows of environments whose episode ended in this step: its last observation.
  std::span<const float> final_observations() const { return final_observations_; }
  std::span<const float> final_observation(std::int64_t index, int player) const;  // [O]
  std::span<const float> rewards() const { return rewards_; }                    // [N], player 0's
  std::span<const float> opponent_rewards() const { return opponent_rewards_; }  // [N], player 1's
  std::span<const float> reward_terms() const { return reward_terms_; }          // [N, R]
  std::span<const std::uint8_t> terminated() const { return terminated_; }       // [N]
  std::span<const std::uint8_t> truncated() const { return truncated_; }         // [N]
  std::span<const Outcome> outcomes() const { return outcomes_; }                // [N]
  // [N], episodes that broke in this step (StepResult::broken): neither an end nor a reward.
  std::span<const std::uint8_t> broken() const { return broken_; }
  // The picture now, in the environment's own memory, and the last one of an episode that ended in
  // this step; both empty without pictures.
  std::span<const std::uint8_t> image(std::int64_t index) const { return envs_[index]->image(); }
  std::span<const std::uint8_t> final_image(std::int64_t index) const;

  // [N] episodes begun so far; a resumed run puts them back before its first reset.
  std::span<const std::uint64_t> num_episodes() const { return num_episodes_; }
  void set_num_episodes(std::span<const std::uint64_t> num_episodes);

 private:
  void start_steps();
  void step_env(std::int64_t index);
  std::span<const float> actions_of(std::int64_t index) const;  // [P, A]
  void begin_episode(std::int64_t index);
  void copy_observations(std::int64_t index, std::span<float> target) const;

  std::vector<std::unique_ptr<Env>> envs_;
  VecEnvOptions options_;
  std::vector<float> actions_;
  std::vector<float> observations_;
  std::vector<float> final_observations_;
  std::vector<float> rewards_;
  std::vector<float> opponent_rewards_;
  std::vector<float> reward_terms_;
  std::vector<std::uint8_t> terminated_;
  std::vector<std::uint8_t> truncated_;
  std::vector<Outcome> outcomes_;
  std::vector<std::uint8_t> broken_;
  std::vector<std::uint8_t> final_images_;
  std::vector<std::uint64_t> num_episodes_;
  std::unique_ptr<ThreadPool> pool_;
};

std::uint64_t episode_seed(std::uint64_t seed, std::int64_t env_index, std::uint64_t episode);

}  // namespace foresight

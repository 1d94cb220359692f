// Apart from the other tests: it replaces the program's operator new.
#include <gtest/gtest.h>

#include "agent/sac/learner.h"
#include "agent/tiny_sac.h"
#include "conformance_env/allocation_counter.h"

namespace foresight {
namespace {

TEST(SacLearner, TakesNoMemoryAfterTheFirstUpdate) {
  const EnvSpec env = tiny_env();
  SacConfig config = tiny_sac();
  EpisodeStore store(env.observation_dim, env.action_dim, config.replay.capacity);
  TransitionSampler sampler(config.replay, 0.99, store);
  Rng rng(1, "episode");
  Episode episode;
  episode.observations.resize(static_cast<std::size_t>(21 * env.observation_dim), 0.5f);
  episode.actions.resize(static_cast<std::size_t>(20 * env.action_dim), 0.1f);
  episode.rewards.resize(20);
  episode.terminated.resize(20);
  store.add(episode);
  sampler.episode_added();
  SacLearner learner(config.learner, env, 1);
  TransitionBatch batch;
  std::vector<float> eps(static_cast<std::size_t>(2 * 16 * env.action_dim));
  const auto update = [&] {
    sampler.sample(16, rng, batch);
    rng.fill_normal(eps);
    learner.update(batch, eps);
  };
  update();
  const AllocationCounter counter;
  for (int i = 0; i < 3; ++i) update();
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace foresight

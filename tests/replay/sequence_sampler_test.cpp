#include "replay/sequence_sampler.h"

#include <gtest/gtest.h>

#include <map>

#include "replay/sequence_window.h"

namespace foresight {
namespace {

// Row i of episode e: observation 100 e + i, action and reward likewise; the last one is terminal.
Episode episode_of(int number, int num_steps) {
  Episode episode;
  for (int i = 0; i <= num_steps; ++i) {
    episode.observations.push_back(static_cast<float>(100 * number + i));
    if (i == 0) continue;
    episode.actions.push_back(0.001f * static_cast<float>(100 * number + i));
    episode.rewards.push_back(static_cast<float>(100 * number + i));
    episode.terminated.push_back(i == num_steps ? 1.0f : 0.0f);
  }
  return episode;
}

class SequenceSamplerTest : public testing::Test {
 protected:
  void fill(const std::vector<int>& lengths) {
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      store_.add(episode_of(static_cast<int>(i), lengths[i]));
    }
  }
  EpisodeStore store_{1, 1, 10'000};
  Rng rng_{1, "test"};
  SequenceBatch batch_;
};

TEST_F(SequenceSamplerTest, RowsAreWindowsOfOneEpisode) {
  fill({30, 40, 25});
  SequenceSampler sampler(
      {.batch_size = 8, .length = 20, .min_length = 20, .max_length = 20, .min_episode_steps = 20},
      store_);
  for (int draw = 0; draw < 50; ++draw) {
    sampler.sample(rng_, batch_);
    ASSERT_EQ(batch_.rewards.size(), 160u);
    for (int b = 0; b < 8; ++b) {
      for (int t = 0; t < 20; ++t) {
        const int at = t * 8 + b;
        const float observation = batch_.observations[at];
        EXPECT_EQ(batch_.is_first[at], t == 0 ? 1.0f : 0.0f);
        if (t > 0) {
          EXPECT_EQ(observation, batch_.observations[at - 8] + 1.0f);
        }
        const bool is_start = static_cast<int>(observation) % 100 == 0;
        EXPECT_EQ(batch_.rewards[at], is_start ? 0.0f : observation);
        EXPECT_EQ(batch_.actions[at], is_start ? 0.0f : 0.001f * observation);
        EXPECT_EQ(store_.observation(batch_.rows[at])[0], observation);
      }
    }
  }
}

TEST_F(SequenceSamplerTest, EveryEpisodeIsAsLikelyAsAnyOther) {
  fill({30, 90});
  SequenceSampler sampler(
      {.batch_size = 10, .length = 20, .min_length = 20, .max_length = 20, .min_episode_steps = 20},
      store_);
  int of_the_first = 0;
  for (int draw = 0; draw < 400; ++draw) {
    sampler.sample(rng_, batch_);
    for (int b = 0; b < 10; ++b) of_the_first += batch_.observations[b] < 100.0f ? 1 : 0;
  }
  EXPECT_NEAR(of_the_first / 4000.0, 0.5, 0.04);  // five standard deviations
}

// With 91 rows and windows of 20 there are 72 starts and 20 more for the last one: 21 of 92.
TEST_F(SequenceSamplerTest, EndsAreDrawnMoreOften) {
  fill({90});
  for (const bool prioritise : {true, false}) {
    SequenceSampler sampler({.batch_size = 10,
                             .length = 20,
                             .min_length = 20,
                             .max_length = 20,
                             .min_episode_steps = 20,
                             .prioritise_ends = prioritise},
                            store_);
    double ends = 0.0;
    for (int draw = 0; draw < 400; ++draw) {
      sampler.sample(rng_, batch_);
      for (int b = 0; b < 10; ++b) ends += batch_.is_terminal[19 * 10 + b];
    }
    EXPECT_NEAR(ends / 4000.0, prioritise ? 21.0 / 92.0 : 1.0 / 72.0, 0.04);
  }
}

TEST_F(SequenceSamplerTest, ShortEpisodesFillARowTogether) {
  fill({5, 7, 3});
  SequenceSampler sampler(
      {.batch_size = 4, .length = 16, .min_length = 16, .max_length = 16, .min_episode_steps = 4},
      store_);
  std::map<int, int> seen;
  for (int draw = 0; draw < 100; ++draw) {
    sampler.sample(rng_, batch_);
    for (int b = 0; b < 4; ++b) {
      EXPECT_EQ(batch_.is_first[b], 1.0f);
      for (int t = 1; t < 16; ++t) {
        const int at = t * 4 + b;
        const float before = batch_.observations[at - 4];
        if (batch_.is_first[at] == 0.0f) {
          EXPECT_EQ(batch_.observations[at], before + 1.0f);
        }
        ++seen[static_cast<int>(batch_.observations[at]) / 100];
      }
    }
  }
  EXPECT_GT(seen[0], 0);
  EXPECT_GT(seen[1], 0);
  EXPECT_EQ(seen.count(2), 0u) << "three steps are too few";
}

TEST_F(SequenceSamplerTest, WaitsForAnEpisodeThatIsLongEnough) {
  SequenceSampler sampler({.min_episode_steps = 20}, store_);
  EXPECT_FALSE(sampler.can_sample());
  store_.add(episode_of(0, 19));
  EXPECT_FALSE(sampler.can_sample());
  store_.add(episode_of(1, 20));
  EXPECT_TRUE(sampler.can_sample());
}

}  // namespace
}  // namespace foresight

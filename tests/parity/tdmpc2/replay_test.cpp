// The sampler's rules: which rows a slice has, how slices are drawn, priorities, spread bonuses.
#include <fmt/format.h>

#include "parity/tdmpc2/recording.h"
#include "replay/reward_backprop.h"
#include "replay/slice_sampler.h"

namespace foresight {
namespace {

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const auto plain = tensor.contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

// Rows as the official buffer keeps them: row 0 has no step before it.
Episode episode_of_rows(const torch::Tensor& observation, const torch::Tensor& action,
                        const torch::Tensor& reward, const torch::Tensor& terminated) {
  return {to_vector(observation), to_vector(action.slice(0, 1)), to_vector(reward.slice(0, 1)),
          to_vector(terminated.slice(0, 1))};
}

// Running row numbers, end to end, to episode and start.
std::vector<SliceIndex> slices_at(const EpisodeStore& store, const torch::Tensor& start_rows) {
  std::vector<SliceIndex> slices;
  for (std::int64_t i = 0; i < start_rows.numel(); ++i) {
    const std::int64_t row = start_rows[i].item<std::int64_t>();
    for (const auto& stored : store.episodes()) {
      if (row >= stored.first_row && row < stored.first_row + stored.num_rows) {
        slices.push_back({stored.number, row - stored.first_row});
      }
    }
  }
  return slices;
}

void expect_slices(const EpisodeStore& store, const RecordedFile& file, bool has_terminated) {
  const std::int64_t horizon = file.at("out.action").size(0);
  const auto slices = slices_at(store, file.at("in.start_rows"));
  ASSERT_EQ(std::ssize(slices), file.at("in.start_rows").numel());
  SliceBatch batch;
  store.gather(slices, horizon, batch);
  EXPECT_EQ(batch.observations, to_vector(file.at("out.obs")));
  EXPECT_EQ(batch.actions, to_vector(file.at("out.action")));
  EXPECT_EQ(batch.rewards, to_vector(file.at("out.reward")));
  if (has_terminated) {
    EXPECT_EQ(batch.terminated, to_vector(file.at("out.terminated")));
  }
}

EpisodeStore official_store(const RecordedFile& file) {
  const auto first = file.at("in.ep0.obs");
  EpisodeStore store(first.size(1), file.at("in.ep0.action").size(1), 1000);
  for (int i = 0; file.contains(fmt::format("in.ep{}.obs", i)); ++i) {
    const auto at = [&](const char* name) { return file.at(fmt::format("in.ep{}.{}", i, name)); };
    store.add(episode_of_rows(at("obs"), at("action"), at("reward"), at("terminated")));
  }
  return store;
}

TEST(OfficialBuffer, SlicesHoldTheRecordedRows) {
  const RecordedFile file(Recording("official_buffer"), "single");
  expect_slices(official_store(file), file, true);
}

TEST(OfficialBuffer, ChunksAreReadEpisodeByEpisode) {
  const RecordedFile file(Recording("official_buffer"), "multi_chunks");
  const auto obs = file.at("in.chunk0.obs");
  EpisodeStore store(obs.size(2), file.at("in.chunk0.action").size(2), 1000);
  std::vector<std::int64_t> tasks;
  for (int chunk = 0; file.contains(fmt::format("in.chunk{}.obs", chunk)); ++chunk) {
    const auto at = [&](const char* n) { return file.at(fmt::format("in.chunk{}.{}", chunk, n)); };
    for (std::int64_t e = 0; e < at("obs").size(0); ++e) {
      store.add(episode_of_rows(at("obs")[e], at("action")[e], at("reward")[e],
                                torch::zeros_like(at("reward")[e])));
      tasks.push_back(at("task")[e][0].item<std::int64_t>());
    }
  }
  expect_slices(store, file, true);
  const auto slices = slices_at(store, file.at("in.start_rows"));
  for (std::size_t i = 0; i < slices.size(); ++i) {
    EXPECT_EQ(tasks[static_cast<std::size_t>(slices[i].episode)],
              file.at("out.task")[static_cast<std::int64_t>(i)].item<std::int64_t>());
  }
}

TEST(OfficialBuffer, StartsAreDrawnAsOftenAsRecorded) {
  const RecordedFile file(Recording("official_buffer"), "single");
  const EpisodeStore store = official_store(file);
  const std::int64_t horizon = file.at("out.action").size(0);
  SliceSampler sampler({.sampling = "uniform_episode"}, store);
  Rng rng(5, "test");
  SliceBatch batch;
  constexpr std::int64_t kDraws = 32000;
  sampler.sample(kDraws, horizon, rng, batch);
  const auto expected = to_vector(file.at("out.start_row_frequency"));
  std::vector<double> counts(expected.size(), 0.0);
  for (const SliceIndex& slice : batch.slices) {
    const auto& stored = store.episodes()[static_cast<std::size_t>(slice.episode)];
    counts[static_cast<std::size_t>(stored.first_row + slice.start)] += 1.0 / kDraws;
  }
  for (std::size_t row = 0; row < expected.size(); ++row) {
    EXPECT_NEAR(counts[row], expected[row], 0.03) << "row " << row;  // 3200 draws were recorded
    if (expected[row] == 0.0f) {
      EXPECT_EQ(counts[row], 0.0) << "row " << row;
    }
  }
}

class HockeyPriorities : public testing::Test {
 protected:
  HockeyPriorities() : recording_("hockey"), file_(recording_, "per"), store_(3, 2, 1000) {
    extra_ = recording_.extra("per");
    SliceSampler::State state{file_.at("out.beta_used").item<double>(), 1.0, {}};
    const auto priorities = to_vector(file_.at("in.episode_priorities").to(torch::kFloat32));
    for (int i = 0; file_.contains(fmt::format("in.ep{}.obs", i)); ++i) {
      const auto at = [&](const char* n) { return file_.at(fmt::format("in.ep{}.{}", i, n)); };
      const auto number =
          store_.add({to_vector(at("obs")), to_vector(at("action")), to_vector(at("reward")),
                      to_vector(torch::zeros_like(at("reward")))});
      state.priorities[number] = priorities[static_cast<std::size_t>(i)];
      for (std::int64_t s = 0; s < store_.episodes().back().num_slices(horizon()); ++s) {
        candidates_.push_back({number, s});
      }
    }
    sampler_.set_state(state);
  }
  std::int64_t horizon() const { return extra_.at("horizon").get<std::int64_t>(); }

  Recording recording_;
  RecordedFile file_;
  nlohmann::json extra_;
  EpisodeStore store_;
  SliceSampler sampler_{{.sampling = "prioritised"}, store_};
  std::vector<SliceIndex> candidates_;  // in (episode, start) order
};

TEST_F(HockeyPriorities, GiveTheRecordedProbabilitiesWeightsAndSlices) {
  const auto probabilities = sampler_.slice_probabilities(horizon());
  expect_close(torch::tensor(probabilities, torch::kDouble), file_.at("out.probs"), 1e-6, "probs");
  const auto selected = file_.at("in.selected");
  std::vector<SliceIndex> slices;
  for (std::int64_t i = 0; i < selected.numel(); ++i) {
    slices.push_back(candidates_.at(static_cast<std::size_t>(selected[i].item<std::int64_t>())));
    EXPECT_EQ(slices.back().episode, file_.at("out.episode_indices")[i].item<std::int64_t>());
  }
  expect_close(torch::tensor(sampler_.importance_weights(slices, horizon())),
               file_.at("out.weights"), 1e-5, "weights");
  SliceBatch batch;
  store_.gather(slices, horizon(), batch);
  EXPECT_EQ(batch.observations, to_vector(file_.at("out.obs").transpose(0, 1)));
  EXPECT_EQ(batch.actions, to_vector(file_.at("out.action").transpose(0, 1)));
  EXPECT_EQ(batch.rewards, to_vector(file_.at("out.reward").transpose(0, 1)));
}

TEST_F(HockeyPriorities, GrowTheWeightExponentBeforeItIsUsed) {
  auto state = sampler_.state();
  state.beta = extra_.at("beta0");
  sampler_.set_state(state);
  Rng rng(1, "test");
  SliceBatch batch;
  sampler_.sample(4, horizon(), rng, batch);
  EXPECT_NEAR(sampler_.state().beta, file_.at("out.beta_used").item<double>(), 1e-7);
}

TEST(HockeyRewards, SpreadTheBonusOfAWonGameAsRecorded) {
  const Recording recording("hockey");
  const RecordedFile file(recording, "reward_backprop");
  const auto cases = recording.extra("reward_backprop").at("cases");
  ASSERT_FALSE(cases.empty());
  for (const auto& c : cases) {
    const std::string i = std::to_string(c.at("i").get<int>());
    auto rewards = to_vector(file.at("in.reward" + i));
    const double bonus = c.at("bonus");
    if (c.at("winner") == 1 && bonus > 0) spread_win_bonus(rewards, bonus, c.at("discount"));
    expect_close(torch::tensor(rewards), file.at("out.reward" + i), 1e-6, "case " + i);
  }
}

}  // namespace
}  // namespace foresight

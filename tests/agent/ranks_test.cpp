// Several ranks with a share of the batch each learn what one learns from all of it.
#include <gtest/gtest.h>

#include <mutex>

#include "agent/tiny_agents.h"
#include "cluster/rank_threads.h"

namespace foresight {
namespace {

constexpr std::int64_t kHorizon = 3;
constexpr std::int64_t kBatch = 24;

LearnerBatch random_batch(const Tdmpc2Config& config) {
  Rng rng(5, "batch");
  LearnerBatch batch{
      .observation = random_normal({kHorizon + 1, kBatch, 4}, rng),
      .action = random_normal({kHorizon, kBatch, 2}, rng).tanh(),
      .reward = random_normal({kHorizon, kBatch, 1}, rng),
      .terminated = (random_normal({kHorizon, kBatch, 1}, rng) > 0.7).to(torch::kFloat32)};
  if (config.replay.sampling == "prioritised") {
    batch.weight = random_normal({kBatch}, rng).sigmoid();
  }
  return batch;
}

// Rows of the batch, in dimension `dim`.
Tensor rows(const Tensor& whole, std::int64_t dim, const Ranks& ranks) {
  if (!whole.defined()) return whole;
  const std::int64_t count = kBatch / ranks.size();
  return whole.narrow(dim, ranks.rank() * count, count).contiguous();
}

// mask [members, steps * B, hidden].
Tensor mask_rows(const Tensor& mask, std::int64_t steps, const Ranks& ranks) {
  if (!mask.defined()) return mask;
  return rows(mask.unflatten(1, {steps, kBatch}), 2, ranks).flatten(1, 2);
}

LearnerBatch share_of(const LearnerBatch& batch, const Ranks& ranks) {
  return {.observation = rows(batch.observation, 1, ranks),
          .action = rows(batch.action, 1, ranks),
          .reward = rows(batch.reward, 1, ranks),
          .terminated = rows(batch.terminated, 1, ranks),
          .weight = rows(batch.weight, 0, ranks),
          .task = rows(batch.task, 0, ranks)};
}

UpdateDraws share_of(const UpdateDraws& draws, const Ranks& ranks) {
  UpdateDraws share = draws;
  share.target_eps = rows(draws.target_eps, 1, ranks);
  share.policy_eps = rows(draws.policy_eps, 1, ranks);
  share.target_dropout_mask = mask_rows(draws.target_dropout_mask, kHorizon, ranks);
  share.q_dropout_mask = mask_rows(draws.q_dropout_mask, kHorizon, ranks);
  share.policy_dropout_mask = mask_rows(draws.policy_dropout_mask, kHorizon + 1, ranks);
  return share;
}

// What an update saw and left.
struct Outcome {
  Tensor model_gradient, policy_gradient, weights, value_scale, task_gradient;
};

struct Subject {
  explicit Subject(const Tdmpc2Config& config, std::vector<double> task_discounts = {})
      : config(config),
        model(config.model, 4, 2, torch::kCPU, 1),
        learner(model, config.learner, 0.9, std::move(task_discounts)) {
    Rng rng(9, "weights");
    fill_with_noise(model.model_parameters(), 0.3f, rng);
  }

  Outcome update(const LearnerBatch& batch, const UpdateDraws& draws) {
    Outcome outcome;
    learner.update(batch, draws, [&](const ParameterSet& parameters) {
      const bool is_model = &parameters == &model.model_parameters();
      (is_model ? outcome.model_gradient : outcome.policy_gradient) =
          parameters.flat_gradient().clone();
    });
    outcome.weights =
        torch::cat({model.model_parameters().flat(), model.policy_parameters().flat()}).clone();
    outcome.value_scale = learner.scale().value().clone();
    outcome.task_gradient = learner.task_gradient();
    return outcome;
  }

  Tdmpc2Config config;
  WorldModel model;
  Tdmpc2Learner learner;
};

void expect_same_as_one(const Tdmpc2Config& config, const LearnerBatch& batch,
                        const std::vector<double>& task_discounts = {}) {
  Subject one(config, task_discounts);
  Rng rng(3, "draws");
  const UpdateDraws draws = one.learner.draw(kBatch, kHorizon, rng);
  const Outcome expected = one.update(batch, draws);
  for (const int size : {2, 4}) {
    std::vector<Outcome> found(static_cast<std::size_t>(size));
    on_ranks(size, [&](Ranks& ranks) {
      Subject subject(config, task_discounts);
      subject.learner.join(ranks);
      found[static_cast<std::size_t>(ranks.rank())] =
          subject.update(share_of(batch, ranks), share_of(draws, ranks));
    });
    for (const Outcome& outcome : found) {
      EXPECT_LT(relative_error(outcome.model_gradient, expected.model_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.policy_gradient, expected.policy_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.value_scale, expected.value_scale), 1e-6) << size;
      EXPECT_TRUE(has_same_bits(outcome.weights, found[0].weights)) << size;
      if (expected.task_gradient.defined()) {
        EXPECT_LT(relative_error(outcome.task_gradient, expected.task_gradient), 1e-6) << size;
      }
    }
  }
}

TEST(TdMpc2Ranks, GradientsOfTwoAndFourAreThoseOfOne) {
  const Tdmpc2Config config = tiny_config();
  expect_same_as_one(config, random_batch(config));
}

TEST(TdMpc2Ranks, GradientsAreThoseOfOneWithPrioritiesInTheHockeyProjectsOrder) {
  Tdmpc2Config config = tiny_config();
  config.replay.sampling = "prioritised";
  config.learner.mixed_termination_weights = true;
  config.learner.n_step = 3;
  config.learner.policy_q = "all";
  expect_same_as_one(config, random_batch(config));
}

TEST(TdMpc2Ranks, GradientsAreThoseOfOneWithDropoutInTargets) {
  Tdmpc2Config config = tiny_config();
  config.model.dropout = 0.2;
  config.learner.target_dropout = true;
  expect_same_as_one(config, random_batch(config));
}

TEST(TdMpc2Ranks, GradientsAreThoseOfOneOverSeveralTasks) {
  Tdmpc2Config config = tiny_config();
  config.model.termination = "none";
  config.model.task_action_dims = {2, 1, 2};
  LearnerBatch batch = random_batch(config);
  batch.task = torch::arange(kBatch, torch::kLong).remainder(3);
  expect_same_as_one(config, batch, {0.9, 0.95, 0.99});
}

// Counts what is added up.
class CountingRanks : public Ranks {
 public:
  explicit CountingRanks(Ranks& ranks) : ranks_(ranks) {}
  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  void gather(std::span<const std::byte> own, std::span<std::byte> all) override {
    num_gathered_bytes += std::ssize(own);
    ranks_.gather(own, all);
  }
  void sum(std::span<float> values) override {
    num_summed += std::ssize(values);
    ranks_.sum(values);
  }
  std::int64_t num_summed = 0;
  std::int64_t num_gathered_bytes = 0;

 private:
  Ranks& ranks_;
};

// The table of docs/cluster.md rests on it.
TEST(TdMpc2Ranks, AnUpdateExchangesOneNumberForEachParameterAndLittleElse) {
  const Tdmpc2Config config = tiny_config();
  const LearnerBatch batch = random_batch(config);
  on_ranks(2, [&](Ranks& ranks) {
    CountingRanks counting(ranks);
    Subject subject(config);
    subject.learner.join(counting);
    Rng rng(3, "draws");
    subject.update(share_of(batch, ranks),
                   share_of(subject.learner.draw(kBatch, kHorizon, rng), ranks));
    EXPECT_EQ(counting.num_summed,
              subject.model.model_parameters().size() + subject.model.policy_parameters().size());
    EXPECT_EQ(counting.num_gathered_bytes, 4 * kBatch / 2);  // values, for their percentiles
  });
}

// The share of its rank, as train/rank_share.h makes it.
Tdmpc2Config share_config(int size) {
  Tdmpc2Config config = tiny_config();
  config.replay.sampling = "prioritised";
  config.learner.batch_size /= size;
  return config;
}

TEST(TdMpc2Ranks, AgentsWithGamesOfTheirOwnKeepTheSameWeights) {
  for (const int size : {2, 4}) {
    std::vector<std::uint32_t> sums(static_cast<std::size_t>(size));
    std::vector<std::uint32_t> before(sums.size());
    on_ranks(size, [&](Ranks& ranks) {
      const auto rank = static_cast<std::size_t>(ranks.rank());
      Tdmpc2Agent agent(share_config(size), tiny_env(), 1);
      agent.join(ranks, rank);
      Rng rng(rank, "games");
      feed(agent, 4, 10 + static_cast<std::int64_t>(rank), rng);
      before[rank] = agent.weights_checksum();
      for (int i = 0; i < 5; ++i) agent.update();
      sums[rank] = agent.weights_checksum();
    });
    for (const std::uint32_t sum : sums) {
      EXPECT_EQ(sum, sums[0]);
      EXPECT_NE(sum, before[0]);
    }
  }
}

TEST(TdMpc2Ranks, OpponentsClonesLearnFromAllRanksAndOneMayHaveNothing) {
  Tdmpc2ModelConfig model_config = tiny_config().model;
  model_config.policy_heads = "separate";
  model_config.num_opponents = 1;
  OpponentCloningConfig cloning;
  cloning.steps = 1;
  cloning.batch_size = 64;
  Rng data(2, "pairs");
  const Tensor observation = random_normal({30, 4}, data);
  const Tensor action = observation.narrow(1, 0, 2).tanh();
  const auto gradient_after = [&](Ranks* ranks, std::int64_t first, std::int64_t count) {
    WorldModel model(model_config, 4, 2, torch::kCPU, 1);
    OpponentCloner cloner(model, cloning);
    if (ranks != nullptr) cloner.join(*ranks);
    Rng rng(3, "orders");
    cloner.clone(0, observation.narrow(0, first, count), action.narrow(0, first, count),
                 cloner.draw_orders(count, rng));
    return model.opponents().parameters(0).flat_gradient().clone();
  };
  const Tensor expected = gradient_after(nullptr, 0, 30);
  std::vector<Tensor> found(3);
  on_ranks(3, [&](Ranks& ranks) {
    const int rank = ranks.rank();
    found[static_cast<std::size_t>(rank)] = rank == 0   ? gradient_after(&ranks, 0, 10)
                                            : rank == 1 ? gradient_after(&ranks, 30, 0)
                                                        : gradient_after(&ranks, 10, 20);
  });
  for (const Tensor& gradient : found) EXPECT_LT(relative_error(gradient, expected), 1e-6);
}

}  // namespace
}  // namespace foresight

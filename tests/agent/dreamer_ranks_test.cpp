// DreamerV2 on several ranks: with a share of the batch each they learn what one learns from all.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/dreamer/noise.h"
#include "agent/rank_files.h"
#include "agent/tiny_dreamer.h"
#include "cluster/rank_threads.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

constexpr std::int64_t kSteps = 5;
constexpr std::int64_t kBatch = 8;

// This rank's sequences, in dimension `dim`.
Tensor rows(const Tensor& whole, std::int64_t dim, const Ranks& ranks) {
  if (!whole.defined()) return whole;
  const std::int64_t count = kBatch / ranks.size();
  return whole.narrow(dim, ranks.rank() * count, count).contiguous();
}

// The same where `dim` holds T * B rows.
Tensor steps_of_rows(const Tensor& whole, std::int64_t dim, const Ranks& ranks) {
  if (!whole.defined()) return whole;
  return rows(whole.unflatten(dim, {kSteps, kBatch}), dim + 1, ranks).flatten(dim, dim + 1);
}

DreamerInputs share_of(const DreamerInputs& whole, const Ranks& ranks) {
  const WorldBatch& batch = whole.batch;
  return {.batch = {.image = rows(batch.image, 1, ranks),
                    .vectors = rows(batch.vectors, 1, ranks),
                    .action = rows(batch.action, 1, ranks),
                    .reward = rows(batch.reward, 1, ranks),
                    .is_first = rows(batch.is_first, 1, ranks),
                    .is_terminal = rows(batch.is_terminal, 1, ranks)},
          .latent = rows(whole.latent, 1, ranks),
          .dream = {.prior = steps_of_rows(whole.dream.prior, 1, ranks),
                    .action = steps_of_rows(whole.dream.action, 1, ranks),
                    .entropy = steps_of_rows(whole.dream.entropy, 2, ranks)},
          .scales = whole.scales};
}

// What two updates saw and left.
struct Outcome {
  Tensor model_gradient, actor_gradient, critic_gradient, weights;
  double magnitude = 0.0;  // of rewards
  double kl_loss = 0.0;
};

struct Subject {
  Subject(const DreamerConfig& config, const EnvSpec& env)
      : config(config), env(env), learner(config, env, torch::kCPU, 1) {
    Rng rng(9, "weights");
    for (const ParameterSet* set :
         {&learner.model_parameters(), &learner.behaviour().actor_parameters(),
          &learner.behaviour().critic_parameters()}) {
      fill_with_noise(*set, 0.4f, rng);
    }
  }

  DreamerInputs random_inputs() const {
    Rng rng(5, "batch");
    Noise noise(3, torch::kCPU);
    const ActionKind kind = learner.behaviour().policy().kind();
    const std::int64_t horizon = config.behaviour.horizon;
    const std::int64_t num_rows = kSteps * kBatch;
    DreamerInputs inputs{
        .batch = {.image = {},
                  .vectors = {},
                  .action = random_normal({kSteps, kBatch, env.action_dim}, rng).tanh(),
                  .reward = random_normal({kSteps, kBatch}, rng),
                  .is_first = torch::zeros({kSteps, kBatch}),
                  .is_terminal = (random_normal({kSteps, kBatch}, rng) > 1.0).to(torch::kFloat32)},
        .latent = noise.latent(config.model.rssm, {kSteps, kBatch}),
        .dream = {.prior = noise.latent(config.model.rssm, {horizon, num_rows}),
                  .action = noise.action(kind, {horizon, num_rows, env.action_dim}),
                  .entropy = {}},
        .scales = learner.behaviour().scales_at(0)};
    inputs.batch.is_first[0].fill_(1.0);
    if (kind == ActionKind::kTanhNormal) {
      inputs.dream.entropy =
          noise.normal({TanhNormal::kNumSamples, horizon - 1, num_rows, env.action_dim});
    }
    if (env.image) {
      inputs.batch.image = (40.0 * random_normal({kSteps, kBatch, 1, 64, 64}, rng) + 128)
                               .clamp(0, 255)
                               .to(torch::kUInt8);
    } else {
      // Sequences differ in size, so that their KL does.
      const Tensor size = torch::linspace(0.1, 2.0, kBatch).view({1, -1, 1});
      inputs.batch.vectors = size * random_normal({kSteps, kBatch, env.observation_dim}, rng);
    }
    return inputs;
  }

  // [T, B], nats.
  Tensor kl_of(const DreamerInputs& inputs) const {
    const torch::NoGradGuard no_grad;
    return learner.model()
        .loss(learner.world().weights, inputs.batch,
              learner.model().rssm().initial(kBatch, torch::kFloat32), inputs.latent, 0.99)
        .kl.value;
  }

  Outcome update(const DreamerInputs& inputs) {
    Outcome outcome;
    ActorCritic& behaviour = learner.behaviour();
    for (int i = 0; i < 2; ++i) {
      learner.count_update();
      const DreamerUpdate seen = learner.apply_update(inputs);
      learner.finish_update();
      if (i > 0) break;
      outcome.model_gradient = learner.model_parameters().flat_gradient().clone();
      outcome.actor_gradient = behaviour.actor_parameters().flat_gradient().clone();
      outcome.critic_gradient = behaviour.critic_parameters().flat_gradient().clone();
      for (std::size_t k = 0; k < seen.names.size(); ++k) {
        if (std::string_view(seen.names[k]) == "loss/kl") {
          outcome.kl_loss = seen.values[static_cast<std::int64_t>(k)].item<double>();
        }
      }
    }
    outcome.weights =
        torch::cat({learner.model_parameters().flat(), behaviour.actor_parameters().flat(),
                    behaviour.critic_parameters().flat(), behaviour.slow_parameters().flat()})
            .clone();
    outcome.magnitude = behaviour.reward_norm().magnitude();
    return outcome;
  }

  DreamerConfig config;
  EnvSpec env;
  DreamerLearner learner;
};

void expect_same_as_one(const DreamerConfig& config, const EnvSpec& env) {
  Subject one(config, env);
  const DreamerInputs inputs = one.random_inputs();
  const Outcome expected = one.update(inputs);
  for (const int size : {2, 4}) {
    std::vector<Outcome> found(static_cast<std::size_t>(size));
    on_ranks(size, [&](Ranks& ranks) {
      Subject subject(config, env);
      subject.learner.join(ranks);
      found[static_cast<std::size_t>(ranks.rank())] = subject.update(share_of(inputs, ranks));
    });
    double kl_loss = 0.0;
    for (const Outcome& outcome : found) {
      EXPECT_LT(relative_error(outcome.model_gradient, expected.model_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.actor_gradient, expected.actor_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.critic_gradient, expected.critic_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.weights, expected.weights), 1e-6) << size;
      EXPECT_TRUE(has_same_bits(outcome.weights, found[0].weights)) << size;
      EXPECT_NEAR(outcome.magnitude, expected.magnitude, 1e-6 * expected.magnitude) << size;
      kl_loss += outcome.kl_loss / size;
    }
    EXPECT_NEAR(kl_loss, expected.kl_loss, 1e-6 * expected.kl_loss) << size;
  }
}

// Rewards' size moves, gradients are cut, the slow critic follows at every second update.
DreamerConfig eventful() {
  DreamerConfig config = tiny_dreamer();
  config.behaviour.reward_norm.momentum = 0.6;
  config.behaviour.slow_target_fraction = 0.3;
  config.behaviour.slow_target_every = 2;
  config.model_optimiser.clip_norm = 0.5;
  config.behaviour.critic_optimiser.clip_norm = 0.1;
  return config;
}

EnvSpec choices_env() {
  EnvSpec env = tiny_env();
  env.action_dim = 3;
  env.num_discrete_actions = 3;
  return env;
}

TEST(DreamerRanks, TwoAndFourLearnWhatOneLearnsThroughTheDynamics) {
  expect_same_as_one(eventful(), tiny_env());
}

TEST(DreamerRanks, TheyLearnWhatOneLearnsByReinforce) {
  expect_same_as_one(eventful(), choices_env());
}

TEST(DreamerRanks, TheyLearnWhatOneLearnsByBothWithGaussianStates) {
  DreamerConfig config = eventful();
  config.behaviour.gradient = "both";
  config.behaviour.actor.distribution = "tanh_normal";
  config.model.rssm.classes = 0;
  expect_same_as_one(config, tiny_env());
}

TEST(DreamerRanks, TheyLearnWhatOneLearnsFromPictures) {
  expect_same_as_one(eventful(), picture_env());
}

// The KL of the whole batch decides, on whichever side of the free nats a rank's own lies.
TEST(DreamerRanks, FreeNatsAreOfTheWholeBatchsMean) {
  DreamerConfig config = eventful();
  const Subject subject(config, tiny_env());
  const Tensor kl = subject.kl_of(subject.random_inputs());
  const auto mean = kl.mean().item<double>();
  const auto smaller = kl.narrow(1, 0, kBatch / 2).mean().item<double>();
  const auto larger = kl.narrow(1, kBatch / 2, kBatch / 2).mean().item<double>();
  ASSERT_LT(smaller, 0.97 * mean);
  ASSERT_GT(larger, 1.03 * mean);
  for (const double free : {(smaller + mean) / 2, (mean + larger) / 2}) {
    config.model.kl.free_nats = free;
    expect_same_as_one(config, tiny_env());
  }
  config.model.kl.free_average = false;
  config.model.kl.free_nats = mean;
  expect_same_as_one(config, tiny_env());
}

void feed_any(Agent& agent, const EnvSpec& env, std::int64_t num_steps, Rng& rng) {
  if (env.image) return feed_pictures(agent, env, 2, num_steps, rng);
  feed(agent, 2, num_steps, rng);
}

TEST(DreamerRanks, AgentsWithGamesOfTheirOwnKeepTheSameWeights) {
  for (const EnvSpec& env : {tiny_env(), picture_env(3)}) {
    for (const int size : {2, 4}) {
      expect_same_weights<DreamerAgent>(
          size, eventful(), env, /*num_updates=*/3,
          [&](Agent& agent, Rng& rng) { feed_any(agent, env, 10, rng); });
    }
  }
}

double entropy_scale_of(const Metrics& metrics) {
  for (const auto& [name, value] : metrics) {
    if (name == "policy/entropy_scale") return value;
  }
  return -1.0;
}

DreamerConfig scheduled() {
  DreamerConfig config = eventful();
  config.behaviour.entropy_scale = "linear(1,0,1000)";
  return config;
}

using DreamerRankFiles = ScratchFolder;

// Schedules count the steps of all ranks, before and after another number goes on.
TEST_F(DreamerRankFiles, OthersGoOnWithAllEpisodesAndSteps) {
  std::vector<std::uint32_t> sums(2);
  on_ranks(2, [&](Ranks& ranks) {
    const int rank = ranks.rank();
    DreamerAgent agent(scheduled(), tiny_env(), 1);
    agent.join(ranks, static_cast<std::uint64_t>(rank));
    Rng rng(static_cast<std::uint64_t>(rank), "games");
    feed(agent, 2, 10 + 5 * rank, rng);
    EXPECT_NEAR(entropy_scale_of(agent.update()), 1.0 - 50.0 / 1000.0, 1e-12);
    agent.save(place_of(folder_, rank, Part::kToWrite));
    sums[static_cast<std::size_t>(rank)] = agent.weights_checksum();
  });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "rank_1" / "model.safetensors"));
  for (const int size : {1, 3}) {
    on_ranks(size, [&](Ranks& ranks) {
      DreamerAgent agent(scheduled(), tiny_env(), 2);
      agent.join(ranks, static_cast<std::uint64_t>(10 + ranks.rank()));
      agent.load_shards({place_of(folder_, 0, Part::kToRead), place_of(folder_, 1, Part::kToRead)});
      EXPECT_EQ(agent.weights_checksum(), sums[0]);
      EXPECT_TRUE(agent.can_update());  // each has an episode of the four
      EXPECT_NEAR(entropy_scale_of(agent.update()), 1.0 - 50.0 / 1000.0, 1e-12);
    });
  }
}

TEST_F(DreamerRankFiles, GoOnBitForBit) {
  for (const EnvSpec& env : {tiny_env(), picture_env(3)}) {
    std::vector<double> expected[2], found[2];
    const auto folder = folder_ / (env.image ? "pictures" : "numbers");
    on_ranks(2, [&](Ranks& ranks) {
      const int rank = ranks.rank();
      Rng rng(static_cast<std::uint64_t>(rank), "games");
      DreamerAgent original(scheduled(), env, 1);
      original.join(ranks, static_cast<std::uint64_t>(rank));
      feed_any(original, env, 10 + rank, rng);
      for (int i = 0; i < 2; ++i) original.update();
      original.save(place_of(folder, rank, Part::kToWrite));
      wait_for_all(ranks);
      DreamerAgent resumed(scheduled(), env, 2);
      resumed.join(ranks, static_cast<std::uint64_t>(rank));
      resumed.load(place_of(folder, rank, Part::kToRead));
      expected[rank] = numbers_of(original.update());
      found[rank] = numbers_of(resumed.update());
    });
    for (int rank = 0; rank < 2; ++rank) EXPECT_EQ(found[rank], expected[rank]) << rank;
  }
}

TEST_F(DreamerRankFiles, PicturesAreNotSharedOutAnew) {
  DreamerAgent agent(tiny_dreamer(), picture_env(), 1);
  const std::string error = error_of([&] {
    agent.load_shards({place_of(folder_, 0, Part::kToRead), place_of(folder_, 1, Part::kToRead)});
  });
  EXPECT_NE(error.find("the pictures of 2 ranks are not shared out anew; go on with ranks=2"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace foresight

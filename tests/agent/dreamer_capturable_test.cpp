// An update of DreamerV2 can be recorded as a CUDA graph, as far as that can be told without a CUDA
// device (capturable_test.cpp says how).
#include <gtest/gtest.h>

#include <functional>

#include "agent/dreamer/learner.h"
#include "agent/host_reads.h"
#include "agent/tiny_dreamer.h"

namespace foresight {
namespace {

struct Variant {
  std::string name;
  DreamerConfig config;
  EnvSpec env;
};

std::vector<Variant> variants() {
  Variant choices{.name = "choices", .config = tiny_dreamer(), .env = picture_env(3)};
  choices.config.model.kl.free_nats = 1.0;
  Variant numbers{.name = "numbers", .config = tiny_dreamer(), .env = tiny_env()};
  numbers.config.behaviour.reward_norm = {.momentum = 0.9, .scale = 0.5};
  numbers.config.behaviour.gradient = "both";
  Variant gaussian{.name = "Gaussian latents", .config = tiny_dreamer(), .env = tiny_env()};
  gaussian.config.model.rssm.classes = 0;
  gaussian.config.behaviour.actor.distribution = "tanh_normal";
  gaussian.config.behaviour.entropy_scale = "linear(0.1,0.01,100)";
  return {choices, numbers, gaussian};
}

struct Batch {
  SequenceBatch numbers;
  std::vector<std::uint8_t> images;
};

Batch random_batch(const Variant& variant, Rng& rng) {
  Batch batch;
  SequenceBatch& numbers = batch.numbers;
  numbers.num_steps = variant.config.replay.length;
  numbers.num_sequences = variant.config.replay.batch_size;
  const auto rows = static_cast<std::size_t>(numbers.num_steps * numbers.num_sequences);
  const auto fill = [&](std::vector<float>& values, std::size_t width) {
    values.resize(rows * width);
    rng.fill_uniform(values);
  };
  fill(numbers.observations, static_cast<std::size_t>(variant.env.observation_dim));
  fill(numbers.actions, static_cast<std::size_t>(variant.env.action_dim));
  fill(numbers.rewards, 1);
  numbers.is_first.assign(rows, 0.0f);
  numbers.is_terminal.assign(rows, 0.0f);
  if (variant.env.image) {
    batch.images.resize(rows * static_cast<std::size_t>(variant.env.image->num_bytes()));
    for (std::uint8_t& pixel : batch.images) pixel = static_cast<std::uint8_t>(rng.below(256));
  }
  return batch;
}

constexpr std::int64_t kSteps = 10;  // of the agent so far

TEST(DreamerCapturable, TheUpdateLooksAtNoValueOnTheHost) {
  for (const Variant& variant : variants()) {
    const DreamerLearner on_cpu(variant.config, variant.env, torch::kCPU, 1);
    DreamerLearner learner(variant.config, variant.env, torch::kMeta, 1);
    CapturedBody<DreamerInputs, DreamerUpdate> captured(torch::kMeta);
    Rng rng(3, "updates");
    for (int i = 0; i < 2; ++i) {
      const Batch batch = random_batch(variant, rng);
      learner.count_update();
      captured.run(on_cpu.inputs_of(batch.numbers, batch.images, rng, kSteps),
                   [&](const DreamerInputs& inputs) {
                     const HostReads reads;
                     DreamerUpdate result = learner.apply_update(inputs);
                     EXPECT_EQ(HostReads::names(), std::set<std::string>()) << variant.name;
                     return result;
                   });
      learner.finish_update();
    }
  }
}

TEST(DreamerCapturable, UpdatesOnPlacesThatStayHaveTheSameBits) {
  for (const Variant& variant : variants()) {
    DreamerLearner plain(variant.config, variant.env, torch::kCPU, 1);
    DreamerLearner placed(variant.config, variant.env, torch::kCPU, 1);
    CapturedBody<DreamerInputs, DreamerUpdate> captured(torch::kCPU);
    Rng rng(3, "updates");
    for (int i = 0; i < 4; ++i) {
      const Batch batch = random_batch(variant, rng);
      Rng again(rng.state());
      const auto expected = plain.update(batch.numbers, batch.images, rng, kSteps);
      placed.count_update();
      const DreamerUpdate& result =
          captured.run(placed.inputs_of(batch.numbers, batch.images, again, kSteps),
                       [&](const DreamerInputs& inputs) { return placed.apply_update(inputs); });
      placed.finish_update();
      ASSERT_EQ(result.names.size(), expected.size());
      for (std::size_t k = 0; k < expected.size(); ++k) {
        EXPECT_EQ(result.names[k], expected[k].first);
        EXPECT_EQ(result.values.data_ptr<double>()[k], expected[k].second) << expected[k].first;
      }
    }
    EXPECT_TRUE(has_same_bits(placed.model_parameters().flat(), plain.model_parameters().flat()))
        << variant.name;
    EXPECT_TRUE(has_same_bits(placed.behaviour().actor_parameters().flat(),
                              plain.behaviour().actor_parameters().flat()));
    EXPECT_TRUE(has_same_bits(placed.behaviour().slow_parameters().flat(),
                              plain.behaviour().slow_parameters().flat()));
  }
}

// The form that a GPU takes, against the CPU's fused one.
TEST(DreamerCapturable, TheOptimisersPlainFormEqualsTheFusedOne) {
  Rng rng(5, "gradients");
  for (const double clip_norm : {0.0, 0.5, 1e6}) {
    const Tensor fused = random_normal({37}, rng);
    const Tensor plain = fused.clone();
    const KerasAdamConfig config{.learning_rate = 1e-2, .clip_norm = clip_norm};
    KerasAdam by_kernel(fused, config);
    KerasAdam by_tensors(plain, config);
    for (int i = 0; i < 5; ++i) {
      const Tensor gradient = random_normal({37}, rng);
      by_kernel.step(gradient);
      by_tensors.count_step();
      by_tensors.apply_plain(gradient);
      EXPECT_TRUE(torch::allclose(plain, fused, 1e-5, 1e-6)) << clip_norm << ", step " << i;
      EXPECT_NEAR(by_tensors.gradient_norm().item<double>(),
                  by_kernel.gradient_norm().item<double>(), 1e-5);
    }
  }
}

}  // namespace
}  // namespace foresight

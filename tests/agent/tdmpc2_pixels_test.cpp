// TD-MPC2 from stacked pictures.
#include <gtest/gtest.h>

#include <cmath>

#include "agent/tiny_agents.h"
#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

constexpr int kSteps = 12;

EnvSpec stacked_env() {
  EnvSpec env = tiny_env();
  env.observation_dim = 0;
  env.image = ImageShape{.num_frames = 2, .channels = 1, .height = 64, .width = 64};
  return env;
}

Tdmpc2Config pixel_config() {
  Tdmpc2Config config = tiny_config();
  config.model.encoder_channels = 2;
  config.model.latent_dim = 32;
  config.replay.capacity = 60;
  return config;
}

// A bar whose place is the frame's: [64, 64].
std::vector<std::uint8_t> frame_at(int place) {
  std::vector<std::uint8_t> frame(64 * 64, 20);
  for (int row = 8; row < 56; ++row) {
    for (int column = 0; column < 6; ++column) {
      frame[static_cast<std::size_t>(row * 64 + (4 * place + column) % 64)] = 220;
    }
  }
  return frame;
}

std::vector<std::uint8_t> stack_at(int begin, int step) {
  std::vector<std::uint8_t> picture = frame_at(begin + std::max(0, step - 1));
  const auto newest = frame_at(begin + step);
  picture.insert(picture.end(), newest.begin(), newest.end());
  return picture;
}

// The reward is what can only be seen: where the bar stands.
void feed_stacks(Agent& agent, int num_episodes, Rng& rng) {
  std::vector<float> action(2);
  for (int episode = 0; episode < num_episodes; ++episode) {
    const int begin = static_cast<int>(rng.below(3));
    for (int step = 0; step < kSteps; ++step) {
      for (float& a : action) a = static_cast<float>(rng.uniform(-1.0, 1.0));
      const auto picture = stack_at(begin, step);
      const auto next = stack_at(begin, step + 1);
      agent.observe({.observation = {},
                     .action = action,
                     .reward = 0.2f * static_cast<float>(begin + step),
                     .next_observation = {},
                     .truncated = step + 1 == kSteps,
                     .image = picture,
                     .next_image = next});
    }
  }
}

std::vector<float> act(Actor& actor, int num_games) {
  std::vector<std::uint8_t> images;
  for (int game = 0; game < num_games; ++game) {
    const auto picture = stack_at(game, 3);
    images.insert(images.end(), picture.begin(), picture.end());
  }
  std::vector<float> actions(static_cast<std::size_t>(2 * num_games));
  actor.see(images);
  actor.act({}, std::vector<std::uint8_t>(static_cast<std::size_t>(num_games), 0), actions);
  return actions;
}

double mean_of(Agent& agent, const std::string& name, int count) {
  double sum = 0.0;
  for (int i = 0; i < count; ++i) {
    for (const auto& [key, value] : agent.update()) sum += key == name ? value : 0.0;
  }
  return sum / count;
}

class Tdmpc2Pixels : public ScratchFolder {};

TEST_F(Tdmpc2Pixels, LongLearnsARewardThatOnlyPicturesTell) {
  Tdmpc2Agent agent(pixel_config(), stacked_env(), 1);
  Rng rng(3, "episodes");
  feed_stacks(agent, 4, rng);
  const double before = mean_of(agent, "loss/reward", 5);
  mean_of(agent, "loss/reward", 300);
  const double after = mean_of(agent, "loss/reward", 5);
  // Of two neighbouring bins the code of a number leaves at most ln 2; without the picture the
  // spread of 15 rewards stays.
  EXPECT_LT(after, 0.45 * before);
}

TEST_F(Tdmpc2Pixels, PlansForSeveralGamesAndForSomeOfThem) {
  Tdmpc2Agent agent(pixel_config(), stacked_env(), 1);
  const auto actor = agent.make_actor({.num_games = 3, .seed = 5});
  for (const float action : act(*actor, 3)) EXPECT_LE(std::abs(action), 1.0f);
  std::vector<std::uint8_t> images;
  for (int game = 0; game < 3; ++game) {
    const auto picture = stack_at(game, 3);
    images.insert(images.end(), picture.begin(), picture.end());
  }
  std::vector<float> actions(6, 9.0f);
  actor->see(images);
  actor->act_some(std::vector<std::int64_t>{0, 2}, {}, std::vector<std::uint8_t>(3, 1), actions);
  EXPECT_EQ(actions[2], 9.0f);
  EXPECT_LE(std::abs(actions[4]), 1.0f);
}

TEST_F(Tdmpc2Pixels, TensorAndPackedScorersActAlike) {
  Tdmpc2Config config = pixel_config();
  config.scorer = "tensor";
  Tdmpc2Agent plain(config, stacked_env(), 1);
  config.scorer = "packed";
  Tdmpc2Agent packed(config, stacked_env(), 1);
  for (const bool use_planner : {false, true}) {
    const ActorOptions options{.num_games = 2, .use_planner = use_planner, .seed = 5};
    const auto expected = act(*plain.make_actor(options), 2);
    const auto actual = act(*packed.make_actor(options), 2);
    for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-4) << i;
  }
}

TEST_F(Tdmpc2Pixels, GoesOnBitForBitAlsoAfterTheReplayHasOverflowed) {
  Rng rng(4, "episodes");
  Tdmpc2Agent original(pixel_config(), stacked_env(), 1);
  const CheckpointPlace place(folder_ / "checkpoint", folder_ / "lasting");
  std::filesystem::create_directories(place.folder);
  std::filesystem::create_directories(place.lasting);
  original.keep_files_in(place.lasting);
  feed_stacks(original, 7, rng);  // 91 rows
  original.update();
  const auto actor = original.make_actor({.num_games = 2, .explore = true, .seed = 5});
  act(*actor, 2);
  original.save(place);
  actor->save(folder_, "actor");

  Tdmpc2Agent resumed(pixel_config(), stacked_env(), 2);
  const CheckpointPlace copy(folder_ / "checkpoint", folder_ / "other");
  std::filesystem::copy(place.lasting, copy.lasting, std::filesystem::copy_options::recursive);
  resumed.load(copy);
  const auto other = resumed.make_actor({.num_games = 2, .explore = true, .seed = 6});
  other->load(folder_, "actor");
  Rng again(rng.state());
  for (int i = 0; i < 3; ++i) {
    feed_stacks(original, 1, rng);
    feed_stacks(resumed, 1, again);
    EXPECT_EQ(resumed.update(), original.update()) << i;
    EXPECT_EQ(act(*other, 2), act(*actor, 2)) << i;
  }
}

// The official single-task agent from pictures, whose encoder's 64,032 numbers take the place of
// those of numbers.
TEST_F(Tdmpc2Pixels, HasTheOfficialSizes) {
  EnvSpec env = stacked_env();
  env.image = ImageShape{.num_frames = 3, .channels = 3, .height = 64, .width = 64};
  env.action_dim = 6;
  Tdmpc2Config config;
  config.device = "cpu";
  config.replay.capacity = 1'000'000;
  const AgentDescription description = Tdmpc2Agent(config, env, 1).describe();
  EXPECT_EQ(description.components.front().parameters,
            (9 * 49 + 1) * 32 + (32 * 25 + 1) * 32 + 2 * (32 * 9 + 1) * 32);
  EXPECT_EQ(description.picture_row_bytes, 3 * 64 * 64);  // a frame once, not three times
  EXPECT_EQ(description.replay_row_bytes, 4 * (6 + 2));
}

TEST_F(Tdmpc2Pixels, RefusesWhatCannotWork) {
  const auto refusal = [](const Tdmpc2Config& config, const EnvSpec& env) {
    ConfigProblems problems;
    config.validate(env, problems);
    std::string text;
    for (const auto& line : problems.lines) text += line + "\n";
    return text;
  };
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EXPECT_EQ(refusal(pixel_config(), stacked_env()), "");
  Tdmpc2Config config = pixel_config();
  config.inputs = "vector";
  expect(refusal(config, stacked_env()), "no numbers to look at");
  config.inputs = "image";
  expect(refusal(config, tiny_env()), "shows no picture");
  config = pixel_config();
  config.model.latent_dim = 64;
  expect(refusal(config, stacked_env()), "agent.model.encoder_channels = 2 gives 32");
  EnvSpec large = stacked_env();
  large.image->width = 84;
  expect(refusal(pixel_config(), large), "set env.image_size");
}

// Numbers beside pictures: the config says which are looked at.
TEST_F(Tdmpc2Pixels, LooksAtNumbersWhereToldTo) {
  EnvSpec env = tiny_env();
  env.image = stacked_env().image;
  Tdmpc2Config config = tiny_config();
  config.inputs = "vector";
  Tdmpc2Agent agent(config, env, 1);
  EXPECT_FALSE(agent.model().sees_pixels());
  Rng rng(3, "episodes");
  feed(agent, 2, 12, rng);
  agent.update();
}

}  // namespace
}  // namespace foresight

#include "agent/dreamer/dreamer_agent.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "agent/dreamer/dream_film.h"
#include "agent/tiny_dreamer.h"
#include "base/error.h"
#include "io/safetensors.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

class DreamerAgentFiles : public ScratchFolder {
 protected:
  CheckpointPlace place() const {
    std::filesystem::create_directories(folder_ / "checkpoint");
    std::filesystem::create_directories(folder_ / "lasting");
    return CheckpointPlace(folder_ / "checkpoint", folder_ / "lasting");
  }
};

std::vector<double> updates(Agent& agent, int count) {
  std::vector<double> numbers;
  for (int i = 0; i < count; ++i) {
    for (const auto& [name, value] : agent.update()) numbers.push_back(value);
  }
  return numbers;
}

std::int64_t parameters_of(const AgentDescription& description, const std::string& name) {
  for (const auto& part : description.components) {
    if (part.name == name) return part.parameters;
  }
  ADD_FAILURE() << "no component " << name;
  return 0;
}

// The atari block's sizes; the numbers were counted in the original.
TEST(DreamerAgent, HasAsManyParametersAsTheOriginal) {
  DreamerConfig config;
  config.model.rssm.hidden = 600;
  config.model.rssm.deter = 600;
  const AgentDescription full = DreamerAgent(config, picture_env(18), 1).describe();
  EXPECT_EQ(parameters_of(full, "encoder"), 1'549'776);
  EXPECT_EQ(parameters_of(full, "RSSM"), 5'664'848);
  EXPECT_EQ(parameters_of(full, "decoder"), 10'497'553);
  EXPECT_EQ(parameters_of(full, "reward head"), 1'131'601);
  EXPECT_EQ(parameters_of(full, "discount head"), 1'131'601);
  EXPECT_EQ(parameters_of(full, "actor"), 1'138'418);
  EXPECT_EQ(parameters_of(full, "critic"), 1'131'601);
  EXPECT_EQ(parameters_of(full, "slow critic"), 1'131'601);
  const AgentDescription pong = DreamerAgent(config, picture_env(6), 1).describe();
  EXPECT_EQ(parameters_of(pong, "RSSM"), 5'657'648);
  EXPECT_EQ(parameters_of(pong, "actor"), 1'133'606);
}

TEST_F(DreamerAgentFiles, GoOnBitForBitAlsoAfterTheReplayHasOverflowed) {
  Rng rng(4, "episodes");
  DreamerAgent original(tiny_dreamer(), tiny_env(), 1);
  for (int i = 0; i < 9; ++i) {
    feed(original, 1, 13 + i % 5, rng);
    updates(original, 2);
  }
  const auto actor = original.make_actor({.num_games = 3, .explore = true, .seed = 5});
  act_once(*actor, 3);
  original.save(CheckpointPlace(folder_));
  actor->save(folder_, "actor");

  DreamerAgent resumed(tiny_dreamer(), tiny_env(), 2);
  resumed.load(CheckpointPlace(folder_));
  const auto other = resumed.make_actor({.num_games = 3, .explore = true, .seed = 6});
  other->load(folder_, "actor");
  Rng again(rng.state());
  for (int i = 0; i < 4; ++i) {
    feed(original, 1, 11 + i, rng);
    feed(resumed, 1, 11 + i, again);
    EXPECT_EQ(updates(resumed, 2), updates(original, 2)) << i;
    EXPECT_EQ(act_once(*other, 3, false), act_once(*actor, 3, false)) << i;
  }
}

// Choices and pictures: the pictures' files go on where the checkpoint was.
TEST_F(DreamerAgentFiles, GoOnBitForBitWithPictures) {
  const EnvSpec env = picture_env(3);
  Rng rng(4, "episodes");
  DreamerAgent original(tiny_dreamer(), env, 1);
  for (int i = 0; i < 9; ++i) feed_pictures(original, env, 1, 13 + i % 5, rng);
  updates(original, 2);
  original.save(place());
  Rng again(rng.state());
  feed_pictures(original, env, 2, 12, rng);
  const auto expected = updates(original, 2);

  DreamerAgent resumed(tiny_dreamer(), env, 2);
  resumed.load(place());
  feed_pictures(resumed, env, 2, 12, again);
  EXPECT_EQ(updates(resumed, 2), expected);
}

// Checkpoints from before the pictures were kept as TD-MPC2 keeps them.
TEST_F(DreamerAgentFiles, OfAnEarlierFormGoOnBitForBit) {
  const EnvSpec env = picture_env(3);
  Rng rng(4, "episodes");
  DreamerAgent original(tiny_dreamer(), env, 1);
  for (int i = 0; i < 9; ++i) feed_pictures(original, env, 1, 13 + i % 5, rng);
  original.save(place());
  const auto path = place().folder / "frames.safetensors";
  SafetensorsWriter writer;
  {
    const auto file = SafetensorsFile::open(path);
    const auto add = [&](const char* name, const std::vector<std::int64_t>& values) {
      writer.add(name, {std::ssize(values)}, std::span<const std::int64_t>(values));
    };
    add("rows", to_integers(file.at("frames")));
    add("games", to_integers(file.at("games")));
    writer.write(path);
  }
  const auto expected = updates(original, 2);
  DreamerAgent resumed(tiny_dreamer(), env, 2);
  resumed.load(place());
  EXPECT_EQ(updates(resumed, 2), expected);
  feed_pictures(resumed, env, 1, 12, rng);
  resumed.save(place());
  EXPECT_TRUE(SafetensorsFile::open(path).contains("oldest"));
}

TEST_F(DreamerAgentFiles, SayWhichPicturesAreMissing) {
  const EnvSpec env = picture_env();
  Rng rng(4, "episodes");
  DreamerAgent original(tiny_dreamer(), env, 1);
  feed_pictures(original, env, 2, 12, rng);
  original.save(place());
  std::filesystem::remove_all(folder_ / "lasting" / "frames");
  DreamerAgent resumed(tiny_dreamer(), env, 2);
  const std::string error = error_of([&] { resumed.load(place()); });
  EXPECT_NE(error.find("frames"), std::string::npos) << error;
  EXPECT_NE(error.find("missing"), std::string::npos) << error;
}

TEST(DreamerAgent, PlaysChoicesAsOneHotVectors) {
  const EnvSpec env = picture_env(5);
  DreamerAgent agent(tiny_dreamer(), env, 1);
  const std::vector<std::uint8_t> images(static_cast<std::size_t>(2 * env.image->num_bytes()), 90);
  const std::vector<std::uint8_t> first_step(2, 1);
  for (const bool explore : {true, false}) {
    const auto actor = agent.make_actor({.num_games = 2, .explore = explore, .seed = 3});
    std::vector<float> actions(10, NAN);
    actor->see(images);
    actor->act({}, first_step, actions);
    for (int game = 0; game < 2; ++game) {
      EXPECT_EQ(std::count(actions.begin() + 5 * game, actions.begin() + 5 * game + 5, 1.0f), 1);
      EXPECT_EQ(std::count(actions.begin() + 5 * game, actions.begin() + 5 * game + 5, 0.0f), 4);
    }
  }
}

TEST(DreamerAgent, GamesThatStandStillKeepTheirStates) {
  DreamerAgent agent(tiny_dreamer(), tiny_env(), 1);
  const ActorOptions options{.num_games = 3, .explore = false, .seed = 3};
  const auto some = agent.make_actor(options);
  const auto one = agent.make_actor({.num_games = 1, .explore = false, .seed = 3});
  Rng rng(7, "observations");
  std::vector<float> observations(12);
  rng.fill_normal(observations);
  const std::vector<std::uint8_t> begins(3, 1);
  const std::vector<std::uint8_t> goes_on(3, 0);
  std::vector<float> actions(6);
  some->act(observations, begins, actions);
  some->save(testing::TempDir(), "dreamer_standing_still");
  const std::vector<std::int64_t> middle{1};
  std::vector<float> after(6, -9.0f);
  some->act_some(middle, observations, goes_on, after);
  EXPECT_EQ(after[0], -9.0f);
  EXPECT_EQ(after[5], -9.0f);
  EXPECT_GE(after[2], -1.0f);
  const auto before =
      SafetensorsFile::open(testing::TempDir() + "dreamer_standing_still.safetensors");
  some->save(testing::TempDir(), "dreamer_standing_still_2");
  const auto now =
      SafetensorsFile::open(testing::TempDir() + "dreamer_standing_still_2.safetensors");
  const auto deter_before = to_floats(before.at("deter"));
  const auto deter_now = to_floats(now.at("deter"));
  const std::size_t width = deter_now.size() / 3;
  for (std::size_t i = 0; i < deter_now.size(); ++i) {
    if (i / width != 1) {
      EXPECT_EQ(deter_now[i], deter_before[i]) << i;
    }
  }
  EXPECT_NE(std::vector<float>(deter_now.begin() + width, deter_now.begin() + 2 * width),
            std::vector<float>(deter_before.begin() + width, deter_before.begin() + 2 * width));
}

TEST(DreamerAgent, LearnsAFixedBatchByHeart) {
  DreamerConfig config = tiny_dreamer();
  config.model_optimiser.learning_rate = 3e-3;
  DreamerAgent agent(config, tiny_env(), 1);
  Rng rng(4, "episodes");
  feed(agent, 1, 8, rng);  // one episode: all sequences are alike
  const auto loss_of = [](const Metrics& metrics, const std::string& name) {
    for (const auto& [key, value] : metrics) {
      if (key == name) return value;
    }
    return std::nan("");
  };
  const Metrics first = agent.update();
  Metrics last;
  for (int i = 0; i < 300; ++i) last = agent.update();
  EXPECT_LT(loss_of(last, "loss/vector"), loss_of(first, "loss/vector") - 0.3);
  EXPECT_LT(loss_of(last, "loss/reward"), loss_of(first, "loss/reward"));
}

TEST(DreamerFilm, SeesFirstAndThenImagines) {
  const EnvSpec env = picture_env(3);
  const DreamerAgent agent(tiny_dreamer(), env, 1);
  SeenSteps seen{.num_steps = 8};
  seen.images.assign(static_cast<std::size_t>(8 * env.image->num_bytes()), 128);
  seen.actions.assign(24, 0.0f);
  const DreamFilm film = film_dream(agent, seen, 3, 1);
  ASSERT_EQ(film.reconstructed.size(), seen.images.size());
  ASSERT_EQ(film.imagined.size(), seen.images.size());
  ASSERT_EQ(film.imagination_error.size(), 8u);
  for (int t = 0; t < 3; ++t) {
    EXPECT_EQ(film.imagination_error[t], film.reconstruction_error[t]) << t;
  }
  EXPECT_NE(film.imagination_error[7], film.reconstruction_error[7]);
  EXPECT_EQ(film_dream(agent, seen, 3, 1).imagined, film.imagined);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all_pages = 0.0, pages = 0.0;
  file >> all_pages >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// What docs/dreamer.md promises: the pictures of a million steps on disk, not in memory.
TEST_F(DreamerAgentFiles, LongHoldAMillionPicturesOnDiskAndNotInMemory) {
  const EnvSpec env = picture_env(18);
  DreamerConfig config = tiny_dreamer();
  config.replay.capacity = 1'000'000;
  DreamerAgent agent(config, env, 1);
  agent.keep_files_in(folder_);
  Rng rng(4, "episodes");
  feed_pictures(agent, env, 1000, 999, rng);
  updates(agent, 3);
  double disk = 0.0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (entry.is_regular_file()) disk += static_cast<double>(entry.file_size());
  }
  EXPECT_GE(disk, 1e6 * 64 * 64);
  EXPECT_LT(disk, 4.5e9);
  EXPECT_LT(resident_bytes(), 1e9);  // of the whole test program
  fmt::print("a million pictures: {:.2f} GB on disk, {:.2f} GB resident\n", disk / 1e9,
             resident_bytes() / 1e9);
}

std::string refusal(const DreamerConfig& config, const EnvSpec& env) {
  ConfigProblems problems;
  config.validate(env, problems);
  std::string all;
  for (const std::string& line : problems.lines) all += line + "\n";
  return all;
}

TEST(DreamerAgent, ShowsADreamOfItsNewestEpisode) {
  const EnvSpec env = picture_env();
  DreamerAgent agent(tiny_dreamer(), env, 1);
  EXPECT_TRUE(agent.pictures().empty());
  Rng rng(1, "dreamer agent test");
  feed_pictures(agent, env, 2, 14, rng);
  const auto pictures = agent.pictures();
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].name, "dream");
  const Picture& sheet = pictures[0].picture;
  // 15 rows: three columns, of the steps 4, 9 and 14, whose brightness is ten times their number.
  EXPECT_EQ(sheet.width, 3 * 64);
  EXPECT_EQ(sheet.height, 4 * 64);
  EXPECT_EQ(sheet.channels, 1);
  for (int column = 0; column < 3; ++column) {
    EXPECT_EQ(sheet.pixels[static_cast<std::size_t>(64 * column)], 10 * (4 + 5 * column));
  }
  // The last row is half the difference of the third and the first, around gray.
  for (std::int64_t x = 0; x < sheet.width; ++x) {
    const auto at = [&](std::int64_t y) {
      return int{sheet.pixels[static_cast<std::size_t>(y * sheet.width + x)]};
    };
    EXPECT_EQ(at(3 * 64), (255 + at(2 * 64) - at(0)) / 2);
  }
  // It is the same every time: nothing of the agent's own randomness is used.
  EXPECT_EQ(agent.pictures()[0].picture.pixels, sheet.pixels);
}

TEST(DreamerConfig, RefusesWhatCannotWork) {
  EXPECT_EQ(refusal(tiny_dreamer(), tiny_env()), "");
  EXPECT_EQ(refusal(tiny_dreamer(), picture_env(4)), "");
  const auto changed = [](auto change) {
    DreamerConfig config = tiny_dreamer();
    change(config);
    return config;
  };
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EnvSpec large = picture_env();
  large.image->height = 96;
  expect(refusal(tiny_dreamer(), large), "96 x 64");
  expect(refusal(changed([](auto& c) { c.inputs = "image"; }), tiny_env()), "shows no picture");
  expect(refusal(changed([](auto& c) { c.inputs = "vector"; }), picture_env()), "no numbers");
  expect(refusal(changed([](auto& c) { c.behaviour.actor.distribution = "onehot"; }), tiny_env()),
         "takes numbers");
  expect(refusal(changed([](auto& c) { c.behaviour.actor.distribution = "trunc_normal"; }),
                 picture_env(4)),
         "choice of 4 actions");
  expect(refusal(changed([](auto& c) { c.behaviour.entropy_scale = "linear(1,2)"; }), tiny_env()),
         "agent.behaviour.entropy_scale = \"linear(1,2)\"");
  expect(refusal(changed([](auto& c) { c.model.decoder.kernels = {5, 5, 6}; }), picture_env()),
         "30 x 30");
  expect(refusal(changed([](auto& c) { c.replay.min_episode_steps = 50; }), tiny_env()),
         "min_episode_steps = 50");
}

}  // namespace
}  // namespace foresight

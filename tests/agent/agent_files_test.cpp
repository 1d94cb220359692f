#include "agent/tdmpc2/agent_files.h"

#include <gtest/gtest.h>

#include <functional>

#include "agent/tiny_agents.h"
#include "base/error.h"
#include "io/scratch_folder.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

Tensor weights_of(Tdmpc2Agent& agent) {
  return torch::cat({agent.model().model_parameters().flat(),
                     agent.model().policy_parameters().flat(),
                     agent.model().target_parameters().flat()});
}

class AgentFiles : public ScratchFolder {
 protected:
  // Twenty episodes into a store of six, so that the oldest one is cut short; one is unfinished.
  static std::unique_ptr<Tdmpc2Agent> trained(const std::string& sampling, std::uint64_t seed) {
    Tdmpc2Config config = tiny_config();
    config.replay.sampling = sampling;
    auto agent = std::make_unique<Tdmpc2Agent>(config, tiny_env(), seed);
    Rng rng(seed, "episodes");
    for (int i = 0; i < 4; ++i) {
      feed(*agent, 5, 11 + i, rng);
      for (int update = 0; update < 3; ++update) agent->update();
    }
    play(*agent, 3, 2, rng);
    return agent;
  }
  // Some steps of a game that goes on.
  static void play(Agent& agent, std::int64_t game, int steps, Rng& rng, bool ends = false) {
    std::vector<float> observation(4);
    std::vector<float> action(2);
    for (int i = 0; i < steps; ++i) {
      rng.fill_normal(observation);
      rng.fill_uniform(action);
      agent.observe({.game = game,
                     .observation = observation,
                     .action = action,
                     .next_observation = observation,
                     .truncated = ends && i + 1 == steps});
    }
  }
  // Rewrites a file without, or with another version of, some tensors.
  void rewrite(const std::string& name,
               const std::function<Tensor(const std::string&, const Tensor&)>& change) const {
    SafetensorsWriter writer;
    {
      const auto file = SafetensorsFile::open(folder_ / name);
      for (const std::string& tensor : file.names()) {
        const Tensor changed = change(tensor, read_tensor(file, tensor));
        if (changed.defined()) add_tensor(writer, tensor, changed);
      }
    }
    writer.write(folder_ / name);
  }
  void drop(const std::string& file, const std::string& prefix) const {
    rewrite(file, [&](const std::string& name, const Tensor& tensor) {
      return name.starts_with(prefix) ? Tensor{} : tensor;
    });
  }
  std::string load_error() const {
    return error_of([&] { Tdmpc2Agent(tiny_config(), tiny_env(), 9).load(folder_); });
  }
  void expect_load_error(const std::vector<std::string>& words) const {
    const std::string error = load_error();
    for (const std::string& word : words) {
      EXPECT_NE(error.find(word), std::string::npos) << error << "\n  lacks: " << word;
    }
  }
};

class EverySampling : public AgentFiles, public testing::WithParamInterface<const char*> {};

TEST_P(EverySampling, ALoadedAgentGoesOnBitForBit) {
  const auto original = trained(GetParam(), 1);
  const auto actor = original->make_actor({.num_games = 2, .explore = true, .seed = 4});
  act_once(*actor, 2);
  original->learner().scale().set(torch::full({1}, 3.0f));  // tiny values leave it at 1
  original->save(folder_);
  actor->save(folder_, "actor");

  const auto loaded = trained(GetParam(), 2);  // another past, all of it replaced
  Rng past(6, "past");
  play(*loaded, /*game=*/8, 2, past);
  loaded->load(folder_);
  const auto loaded_actor = loaded->make_actor({.num_games = 2, .explore = true, .seed = 5});
  loaded_actor->load(folder_, "actor");
  EXPECT_TRUE(has_same_bits(weights_of(*original), weights_of(*loaded)));
  EXPECT_EQ(act_once(*actor, 2, false), act_once(*loaded_actor, 2, false));

  for (Tdmpc2Agent* agent : {original.get(), loaded.get()}) {
    Rng rng(7, "later");
    play(*agent, 3, 5, rng, /*ends=*/true);  // the unfinished game ends
    play(*agent, 8, 4, rng, /*ends=*/true);
    feed(*agent, 2, 12, rng);
  }
  EXPECT_EQ(original->store().num_rows(), loaded->store().num_rows());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(original->update(), loaded->update()) << i;
  EXPECT_TRUE(has_same_bits(weights_of(*original), weights_of(*loaded)));
  EXPECT_EQ(act_once(*actor, 2, false), act_once(*loaded_actor, 2, false));
}

INSTANTIATE_TEST_SUITE_P(All, EverySampling,
                         testing::Values("uniform_episode", "uniform_slice", "prioritised"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(AgentFiles, AModelActsAsTheAgentItCameFrom) {
  const auto original = trained("uniform_episode", 1);
  original->save_model(folder_);
  EXPECT_EQ(num_files(), 1u);
  Tdmpc2Agent loaded(tiny_config(), tiny_env(), 9);
  loaded.load_model(folder_);
  const auto act = [](Tdmpc2Agent& agent) {
    return act_once(*agent.make_actor({.num_games = 2, .seed = 4}), 2);
  };
  EXPECT_EQ(act(*original), act(loaded));
}

TEST_F(AgentFiles, AModelWithoutTargetTakesQ) {
  trained("uniform_episode", 1)->save_model(folder_);
  drop("model.safetensors", "target_q.");
  Tdmpc2Agent loaded(tiny_config(), tiny_env(), 9);
  loaded.load_model(folder_);
  const auto [offset, length] = loaded.model().model_parameters().range_of("q.");
  EXPECT_TRUE(has_same_bits(loaded.model().target_parameters().flat(),
                            loaded.model().model_parameters().flat().narrow(0, offset, length)));
}

TEST_F(AgentFiles, AModelOfHalfPrecisionIsRead) {
  const auto original = trained("uniform_episode", 1);
  original->save_model(folder_);
  rewrite("model.safetensors",
          [](const std::string&, const Tensor& tensor) { return tensor.to(torch::kFloat16); });
  Tdmpc2Agent loaded(tiny_config(), tiny_env(), 9);
  loaded.load_model(folder_);
  EXPECT_TRUE(is_close(weights_of(loaded), weights_of(*original), 1e-3));
}

TEST_F(AgentFiles, AMissingTensorIsNamedWithItsFile) {
  trained("uniform_episode", 1)->save(folder_);
  drop("model.safetensors", "reward.1.weight");
  expect_load_error({"model.safetensors", "reward.1.weight"});
}

TEST_F(AgentFiles, ATensorOfAnotherShapeIsNamedWithBothShapes) {
  trained("uniform_episode", 1)->save(folder_);
  rewrite("model.safetensors", [](const std::string& name, const Tensor& tensor) {
    return name == "encoder.0.weight" ? tensor.narrow(1, 0, 3) : tensor;
  });
  expect_load_error({"model.safetensors", "\"encoder.0.weight\"", "[12, 3]", "[12, 4]"});
}

TEST_F(AgentFiles, AModelOfAnotherSizeIsRefused) {
  trained("uniform_episode", 1)->save_model(folder_);
  Tdmpc2Config config = tiny_config();
  config.model.dynamics_hidden = {16, 20};
  Tdmpc2Agent other(config, tiny_env(), 9);
  const std::string error = error_of([&] { other.load_model(folder_); });
  EXPECT_NE(error.find("dynamics.1.weight"), std::string::npos) << error;
}

TEST_F(AgentFiles, ATruncatedFileIsNamed) {
  for (const char* name : {"model.safetensors", "learner.safetensors", "replay.safetensors"}) {
    trained("uniform_episode", 1)->save(folder_);
    std::filesystem::resize_file(folder_ / name, std::filesystem::file_size(folder_ / name) - 5);
    expect_load_error({name});
  }
}

TEST_F(AgentFiles, AMissingFileIsNamed) {
  trained("uniform_episode", 1)->save(folder_);
  std::filesystem::remove(folder_ / "learner.safetensors");
  expect_load_error({"learner.safetensors"});
}

TEST_F(AgentFiles, ALearnerOfAnotherSizeIsRefused) {
  trained("uniform_episode", 1)->save(folder_);
  rewrite("learner.safetensors", [](const std::string& name, const Tensor& tensor) {
    return name == "policy.first_moment" ? tensor.narrow(0, 0, 10) : tensor;
  });
  expect_load_error({"learner.safetensors", "\"policy.first_moment\""});
}

TEST_F(AgentFiles, AReplayThatDoesNotFitTogetherIsRefused) {
  const auto damage = [&](const std::string& tensor,
                          const std::function<Tensor(const Tensor&)>& change) {
    trained("uniform_episode", 1)->save(folder_);
    SafetensorsWriter writer;
    const auto file = SafetensorsFile::open(folder_ / "replay.safetensors");
    for (const std::string& name : file.names()) {
      const TensorView& view = file.at(name);
      if (name != tensor) writer.add(name, view.dtype, view.shape, view.bytes);
    }
    add_tensor(writer, tensor, change(read_tensor(file, tensor)));
    writer.write(folder_ / "replay.safetensors");
  };
  const auto refuse = [&](const std::string& tensor,
                          const std::function<Tensor(const Tensor&)>& change) {
    damage(tensor, change);
    expect_load_error({"replay.safetensors"});
  };
  const Tensor next_number = torch::tensor({0L, 0L, 1L});
  for (const std::int64_t too_many : {std::int64_t{1}, std::int64_t{1} << 61}) {
    damage("log", [&](const Tensor& log) { return log + next_number * too_many; });
    expect_load_error({"lasting/replay", "are missing"});
  }
  refuse("log", [&](const Tensor& log) { return log - next_number * 1000; });
  refuse("first_number", [](const Tensor& number) { return number - 1000; });
  refuse("priorities", [](const Tensor& priorities) { return priorities.narrow(0, 0, 1); });
  refuse("unfinished.3.actions", [](const Tensor& actions) { return actions.narrow(0, 0, 3); });
  refuse("unfinished.3.rewards", [](const Tensor& rewards) { return rewards.narrow(0, 0, 0); });
  // The log is another file.
  damage("log", [](const Tensor& log) { return log + torch::tensor({0L, 1L, 0L}); });
  expect_load_error({"episodes-000000000000.log", "its end is missing"});
  damage("log", [](const Tensor& log) { return log - torch::tensor({0L, 1L, 0L}); });
  expect_load_error({"episodes-000000000000.log", "does not fit"});
}

TEST_F(AgentFiles, AnActorOfAnotherNumberOfGamesIsRefused) {
  const auto agent = trained("uniform_episode", 1);
  agent->make_actor({.num_games = 2, .seed = 4})->save(folder_, "actor");
  const std::string error =
      error_of([&] { agent->make_actor({.num_games = 3, .seed = 4})->load(folder_, "actor"); });
  EXPECT_NE(error.find("previous_mean"), std::string::npos) << error;
}

}  // namespace
}  // namespace foresight

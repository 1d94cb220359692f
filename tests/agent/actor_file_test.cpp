#include "agent/actor_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

class ActorFile : public ScratchFolder {
 protected:
  struct Layer {
    std::string name;
    std::int64_t outputs, inputs;
  };
  // A policy 18 -> 5 -> 6 -> 8 whose weights are 0.01 and biases 0.1, unless told otherwise.
  std::filesystem::path write_actor(const std::vector<Layer>& layers = {{"actor.0", 5, 18},
                                                                        {"actor.2", 6, 5},
                                                                        {"actor.10", 8, 6}}) const {
    SafetensorsWriter writer;
    for (const Layer& layer : layers) {
      const std::vector<float> weight(static_cast<std::size_t>(layer.outputs * layer.inputs),
                                      0.01f);
      const std::vector<float> bias(static_cast<std::size_t>(layer.outputs), 0.1f);
      writer.add(layer.name + ".weight", {layer.outputs, layer.inputs},
                 std::span<const float>(weight));
      writer.add(layer.name + ".bias", {layer.outputs}, std::span<const float>(bias));
    }
    writer.write(folder_ / "policy.safetensors");
    return folder_ / "policy.safetensors";
  }
  static EnvSpec hockey() {
    EnvSpec env;
    env.id = "hockey";
    env.observation_dim = 18;
    env.action_dim = 4;
    env.num_players = 2;
    env.max_episode_steps = 251;
    return env;
  }
};

TEST_F(ActorFile, IsAModelThatActsByItsMean) {
  const auto path = write_actor();
  EXPECT_TRUE(is_model_folder(path));
  EXPECT_EQ(find_model(path.string()), path);
  const ModelCard card = read_model_card(path);
  EXPECT_EQ(card.name, "policy");
  const auto agent = load_agent(path, card, hockey());
  const auto actor = agent->make_actor({.num_games = 1});
  const std::vector<float> observation(18, 1.0f);
  std::vector<float> action(4);
  actor->act(observation, std::vector<std::uint8_t>{1}, action);
  const double first = 18 * 0.01 + 0.1;
  const double second = 5 * 0.01 * first + 0.1;
  for (const float number : action) {
    EXPECT_NEAR(number, std::tanh(6 * 0.01 * second + 0.1), 1e-6);
  }
}

TEST_F(ActorFile, SaysWhatIsWrongWithIt) {
  const auto problem = [&](const std::vector<Layer>& layers) {
    const auto path = write_actor(layers);
    return error_of([&] { load_agent(path, read_model_card(path), hockey()); });
  };
  EXPECT_NE(problem({{"critic.0", 5, 18}}).find("no policy here"), std::string::npos);
  EXPECT_NE(problem({{"actor.0", 5, 18}, {"actor.2", 8, 6}}).find("does not fit"),
            std::string::npos);
  EXPECT_NE(problem({{"actor.0", 8, 18}}).find("needs a hidden layer"), std::string::npos);
  // Another number of actions than the game has.
  EXPECT_NE(problem({{"actor.0", 5, 18}, {"actor.2", 6, 5}}).find("expected [8, 5]"),
            std::string::npos);
  write("broken.safetensors", "no tensors");
  EXPECT_NE(error_of([&] { read_model_card(folder_ / "broken.safetensors"); }), "");
}

}  // namespace
}  // namespace foresight

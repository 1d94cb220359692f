#include "agent/model_card.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

using ModelCardTest = ScratchFolder;

ModelCard some_card() {
  return {.name = "tiny",
          .note = "a \"note\"",
          .commit = "abc",
          .seed = 18446744073709551615ull,
          .steps = 123,
          .env = parse_toml("id = \"countdown\"\nnum_steps = 5\nterminates = true", "test"),
          .agent = parse_toml("id = \"random\"\nwidths = [1, 2]\n[inner]\nrate = 1.0", "test"),
          .results = {{"eval/weak/win_rate", 0.5}}};
}

TEST_F(ModelCardTest, ReadsBackWhatWasWritten) {
  const ModelCard card = some_card();
  write_model_card(folder_, card);
  const ModelCard back = read_model_card(folder_);
  EXPECT_EQ(back.name, card.name);
  EXPECT_EQ(back.note, card.note);
  EXPECT_EQ(back.commit, card.commit);
  EXPECT_EQ(back.seed, card.seed);
  EXPECT_EQ(back.steps, card.steps);
  EXPECT_EQ(back.env, card.env);
  EXPECT_EQ(back.agent, card.agent);  // 1.0 stays a number that is not an integer
  EXPECT_EQ(back.results, card.results);
}

TEST_F(ModelCardTest, TellsWhatIsWrongWithAFile) {
  EXPECT_NE(error_of([&] { read_model_card(folder_); }).find("no model here"), std::string::npos);
  write("model.json", "{\"env\": {}}");
  EXPECT_NE(error_of([&] { read_model_card(folder_); }).find("model.json: not a model card"),
            std::string::npos);
}

TEST_F(ModelCardTest, FindsAModelByItsFolder) {
  EXPECT_FALSE(is_model_folder(folder_));
  write_model_card(folder_, some_card());
  EXPECT_TRUE(is_model_folder(folder_));
  EXPECT_EQ(find_model(folder_.string()), folder_);
  EXPECT_NE(error_of([] { find_model("no-such-model"); }).find("is neither"), std::string::npos);
}

TEST_F(ModelCardTest, MakesTheAgentAgain) {
  ModelCard card = some_card();
  card.agent = parse_toml("id = \"random\"", "test");
  write_model_card(folder_, card);
  const EnvSpec spec{.id = "countdown", .observation_dim = 2, .action_dim = 1};
  const auto agent = load_agent(folder_, read_model_card(folder_), spec);
  EXPECT_EQ(agent->describe().components.size(), 1u);
}

}  // namespace
}  // namespace foresight

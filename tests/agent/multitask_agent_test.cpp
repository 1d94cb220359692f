// TD-MPC2 with several tasks: the official sizes, acting for one task at a time, files by the
// tasks' names, and training from data.
#include <gtest/gtest.h>

#include "agent/tiny_agents.h"
#include "io/scratch_folder.h"
#include "replay/dataset_writer.h"
#include "world_model/tdmpc2/model_sizes.h"

namespace foresight {
namespace {

struct SizeCase {
  std::int64_t size;
  const char* task_set;  // "": one task of the same observations and actions
  std::int64_t num_tasks, observation_dim, action_dim;
  std::int64_t encoder, dynamics, reward, policy, q, tasks, total;
};

void PrintTo(const SizeCase& c, std::ostream* os) { *os << c.size << " " << c.task_set; }

// Recorded from the official code.
const SizeCase kSizes[] = {
    {1, "", 0, 24, 6, 40064, 250752, 240101, 203532, 480202, 0, 1214651},
    {1, "", 0, 223, 38, 91008, 263040, 252389, 228172, 504778, 0, 1339387},
    {1, "mt30", 30, 24, 6, 64640, 287616, 276965, 240396, 553930, 2880, 1426427},
    {1, "mt80", 80, 39, 6, 68480, 287616, 276965, 240396, 553930, 7680, 1435067},
    {5, "", 0, 24, 6, 139520, 794112, 582245, 533516, 2911225, 0, 4960618},
    {5, "mt30", 30, 24, 6, 155904, 826880, 615013, 566284, 3075065, 1920, 5241066},
    {5, "mt80", 80, 39, 6, 167936, 843264, 631397, 582668, 3156985, 7680, 5389930},
    {19, "mt30", 30, 24, 6, 1670656, 2176512, 1754213, 1656844, 8771065, 1920, 16031210},
    {19, "mt80", 80, 39, 6, 1981696, 2734336, 2049125, 1951756, 10245625, 7680, 18970218}};
const SizeCase kLargeSizes[] = {
    {48, "mt80", 80, 39, 6, 8059136, 6159616, 4962149, 4791820, 24810745, 7680, 48791146},
    {317, "mt80", 80, 39, 6, 56573984, 28495904, 23269477, 22880268, 186155816, 7680, 317383129}};

void expect_counts(const SizeCase& c) {
  Tdmpc2ModelConfig config;
  apply_model_size(config, c.size, c.task_set);
  for (std::int64_t i = 0; i < c.num_tasks; ++i) config.task_action_dims.push_back(c.action_dim);
  const WorldModel model(config, c.observation_dim, c.action_dim, torch::kCPU, 1);
  std::int64_t total = 0;
  for (const auto& network : model.networks()) {
    const std::int64_t expected = network.name == "encoder"        ? c.encoder
                                  : network.name == "dynamics"     ? c.dynamics
                                  : network.name == "reward"       ? c.reward
                                  : network.name == "policy"       ? c.policy
                                  : network.name.starts_with("Q ") ? c.q
                                                                   : c.tasks;
    EXPECT_EQ(network.parameters, expected) << network.name;
    total += network.parameters;
  }
  EXPECT_EQ(total, c.total);
  // What is held, counted another way: the tensors themselves.
  EXPECT_EQ(model.model_parameters().size() + model.policy_parameters().size(), c.total);
}

class ModelSize : public testing::TestWithParam<SizeCase> {};
TEST_P(ModelSize, HasTheOfficialNumberOfParameters) { expect_counts(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Recorded, ModelSize, testing::ValuesIn(kSizes), [](const auto& info) {
  return std::to_string(info.param.size) + "_" +
         (info.param.num_tasks > 0 ? info.param.task_set
                                   : "single" + std::to_string(info.param.observation_dim));
});

// Takes up to 5 GB of memory.
class LargeModelSize : public testing::TestWithParam<SizeCase> {};
TEST_P(LargeModelSize, LongHasTheOfficialNumberOfParameters) { expect_counts(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Recorded, LargeModelSize, testing::ValuesIn(kLargeSizes),
                         [](const auto& info) { return std::to_string(info.param.size); });

EnvSpec two_tasks(std::int64_t played = 0) {
  EnvSpec env = tiny_env();
  env.tasks = {{"small", 3, 1, 10}, {"large", 4, 2, 20}};
  env.task = played;
  return env;
}

Tdmpc2Config multitask_config() {
  Tdmpc2Config config = tiny_config();
  config.model.termination = "none";
  config.model.task_dim = 6;
  return config;
}

Tensor table_of(Tdmpc2Agent& agent) { return agent.model().task_table().clone(); }

TEST(MultitaskAgent, ActsForOneTaskWithItsOwnActionsOnly) {
  for (const char* scorer : {"tensor", "packed"}) {
    Tdmpc2Config config = multitask_config();
    config.scorer = scorer;
    Tdmpc2Agent agent(config, two_tasks(), 1);
    const auto small = agent.make_actor({.num_games = 3, .explore = true, .task = 0});
    const auto large = agent.make_actor({.num_games = 3, .explore = true, .task = 1});
    for (int round = 0; round < 2; ++round) {  // they take turns
      const auto of_small = act_once(*small, 3);
      const auto of_large = act_once(*large, 3);
      for (std::size_t game = 0; game < 3; ++game) {
        EXPECT_EQ(of_small[2 * game + 1], 0.0f) << scorer;
        EXPECT_NE(of_small[2 * game], 0.0f);
        EXPECT_NE(of_large[2 * game + 1], 0.0f);
      }
    }
  }
}

// The packed scorer folds a task into its weights; the plain one looks it up.
TEST(MultitaskAgent, PackedWeightsActAsThePlainOnesDo) {
  std::vector<std::vector<float>> actions;
  for (const char* scorer : {"tensor", "packed"}) {
    Tdmpc2Config config = multitask_config();
    config.scorer = scorer;
    Tdmpc2Agent agent(config, two_tasks(), 1);
    Rng rng(5, "episodes");
    feed(agent, 4, 12, rng);
    for (int i = 0; i < 20; ++i) agent.update();
    actions.push_back({});
    for (const std::int64_t task : {0, 1, 0}) {
      const auto actor = agent.make_actor({.num_games = 2, .task = task, .seed = 9});
      for (const float a : act_once(*actor, 2)) actions.back().push_back(a);
    }
  }
  for (std::size_t i = 0; i < actions[0].size(); ++i) {
    EXPECT_NEAR(actions[0][i], actions[1][i], 1e-4) << i;
  }
}

TEST(MultitaskAgent, SaysThatATaskMustBeChosen) {
  EnvSpec env = two_tasks();
  env.task = -1;
  Tdmpc2Agent agent(multitask_config(), env, 1);
  const auto actor = agent.make_actor({});
  EXPECT_NE(error_of([&] { act_once(*actor, 1); }).find("name the one that is played"),
            std::string::npos);
}

TEST(MultitaskAgent, HasAGammaForEachTask) {
  const auto discounts = multitask_config().task_discounts_for(two_tasks());
  ASSERT_EQ(discounts.size(), 2u);
  EXPECT_DOUBLE_EQ(discounts[0], 0.95);  // 10 / 5 = 2 steps count: 0.5, at least 0.95
  EnvSpec long_tasks = two_tasks();
  long_tasks.tasks[1].max_episode_steps = 500;
  EXPECT_DOUBLE_EQ(multitask_config().task_discounts_for(long_tasks)[1], 0.99);
}

class MultitaskFiles : public ScratchFolder {
 protected:
  // 3 observations and 1 action for "small", 4 and 2 for "large".
  std::filesystem::path data(const std::string& task, std::int64_t observation_dim,
                             std::int64_t action_dim) const {
    DatasetWriter writer(folder_ / task, {.observation_dim = observation_dim,
                                          .action_dim = action_dim,
                                          .tasks = {{task, observation_dim, action_dim, 10}},
                                          .source = {}});
    Rng rng(3, task);
    for (int i = 0; i < 5; ++i) {
      Episode episode;
      episode.observations.resize(static_cast<std::size_t>(11 * observation_dim));
      episode.actions.resize(static_cast<std::size_t>(10 * action_dim));
      episode.rewards.resize(10);
      episode.terminated.resize(10, 0.0f);
      rng.fill_normal(episode.observations);
      rng.fill_uniform(episode.actions);
      rng.fill_normal(episode.rewards);
      writer.add(episode);
    }
    writer.flush();
    return folder_ / task;
  }
};

TEST_F(MultitaskFiles, LearnsFromDataAndGoesOnFromACheckpointBitForBit) {
  const std::vector<std::filesystem::path> folders{data("small", 3, 1), data("large", 4, 2)};
  Tdmpc2Config config = multitask_config();
  config.scorer = "tensor";
  const auto make = [&] {
    auto agent = std::make_unique<Tdmpc2Agent>(config, two_tasks(-1), 1);
    agent->learn_from(folders);
    EXPECT_TRUE(agent->can_update());
    return agent;
  };
  const auto whole = make();
  for (int i = 0; i < 8; ++i) whole->update();
  const auto half = make();
  for (int i = 0; i < 4; ++i) half->update();
  const std::filesystem::path place = folder_ / "checkpoint";
  std::filesystem::create_directories(place);
  half->save({place});
  const auto resumed = make();
  resumed->load({place});
  for (int i = 0; i < 4; ++i) resumed->update();
  EXPECT_TRUE(has_same_bits(resumed->model().model_parameters().flat(),
                            whole->model().model_parameters().flat()));
  EXPECT_TRUE(has_same_bits(resumed->model().policy_parameters().flat(),
                            whole->model().policy_parameters().flat()));
  EXPECT_GT(whole->learner().task_gradient().abs().max().item<float>(), 0.0f)
      << "the policy loss leaves something on the embeddings";
}

TEST_F(MultitaskFiles, RefusesDataOfOtherTasks) {
  Tdmpc2Agent agent(multitask_config(), two_tasks(-1), 1);
  EXPECT_NE(error_of([&] { agent.learn_from({data("middle", 3, 1)}); }).find("middle"),
            std::string::npos);
}

TEST_F(MultitaskFiles, ATaskKeepsItsEmbeddingByItsName) {
  Tdmpc2Agent source(multitask_config(), two_tasks(), 1);
  source.save_model(folder_);
  EnvSpec other = two_tasks();
  other.tasks = {{"large", 4, 2, 20}, {"new", 4, 2, 20}};
  Tdmpc2Config config = multitask_config();
  {
    Tdmpc2Agent agent(config, other, 2);
    const std::string text = error_of([&] { agent.load_model(folder_); });
    EXPECT_NE(text.find("does not know the task new"), std::string::npos) << text;
  }
  config.task_from = "small";
  Tdmpc2Agent like(config, other, 2);
  like.load_model(folder_);
  EXPECT_TRUE(table_of(like)[0].equal(table_of(source)[1]));
  EXPECT_TRUE(table_of(like)[1].equal(table_of(source)[0]));
  config.task_from = "fresh";
  Tdmpc2Agent fresh(config, other, 2);
  const Tensor before = table_of(fresh);
  fresh.load_model(folder_);
  EXPECT_TRUE(table_of(fresh)[0].equal(table_of(source)[1]));
  EXPECT_TRUE(table_of(fresh)[1].equal(before[1]));
  EXPECT_LE(before.abs().max().item<float>(), 0.02f);
}

TEST(MultitaskConfig, RefusesWhatSeveralTasksCannotHave) {
  Tdmpc2Config config = tiny_config();  // with an end predictor
  config.learner.n_step = 2;
  ConfigProblems problems;
  config.validate(two_tasks(), problems);
  ASSERT_EQ(problems.lines.size(), 2u);
  EXPECT_NE(problems.lines[0].find("predicts no end"), std::string::npos);
  EXPECT_NE(problems.lines[1].find("n_step"), std::string::npos);
}

TEST(MultitaskConfig, ASizeGivesTheDefaultsAndKeysInTheFileWin) {
  Table section;
  section.set("model_size", {std::int64_t{19}, "test"});
  Table model;
  model.set("num_q", {std::int64_t{3}, "test"});
  section.set("model", {model, "test"});
  EnvSpec env = two_tasks();
  env.task_set = "mt30";
  ConfigProblems problems;
  const auto config = read_agent_config<Tdmpc2Config>(section, env, problems);
  EXPECT_TRUE(problems.lines.empty());
  EXPECT_EQ(config.model.latent_dim, 512);
  EXPECT_EQ(config.model.encoder_hidden, (std::vector<std::int64_t>{1024, 1024}));
  EXPECT_EQ(config.model.num_q, 3);
  EXPECT_EQ(config.model.task_dim, 64);
  section.set("model_size", {std::int64_t{7}, "test"});
  ConfigProblems wrong;
  read_agent_config<Tdmpc2Config>(section, env, wrong).validate(env, wrong);
  ASSERT_FALSE(wrong.lines.empty());
  EXPECT_NE(wrong.lines[0].find("model_size = 7"), std::string::npos);
}

}  // namespace
}  // namespace foresight

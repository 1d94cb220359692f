// What every registered agent promises (src/agent/agent.h), whatever it is. An agent that registers
// itself is tested here without a line being added; a large one says in kSmall how to be small.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "agent/agent.h"
#include "base/error.h"
#include "base/rng.h"
#include "env/env.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

const std::map<std::string, std::string> kSmall{{"tdmpc2", R"(
device = "cpu"
[model]
latent_dim = 16
encoder_hidden = [16]
dynamics_hidden = [16, 16]
reward_hidden = [16, 16]
policy_hidden = [16, 16]
q_hidden = [16, 16]
termination_hidden = [16]
termination = "latent"
[planner]
num_samples = 16
num_elites = 4
num_policy_samples = 2
iterations = 2
[learner]
batch_size = 8
)"},
                                                {"sac", R"(
[learner]
hidden = [16, 16]
batch_size = 8
[exploration]
noise_exponent = 1.0
[replay]
n_step = 2
sampling = "prioritised"
capacity = 2000
)"},
                                                {"dreamerv2", R"(
[model]
rssm = { hidden = 16, deter = 16, stoch = 4, classes = 4 }
encoder.mlp = [16]
decoder.mlp = [16]
reward.hidden = [16]
discount.hidden = [16]
[behaviour]
horizon = 3
actor.hidden = [16]
critic.hidden = [16]
[replay]
capacity = 2000
batch_size = 4
length = 6
min_length = 6
max_length = 6
min_episode_steps = 3
)"}};

// What is seen in pictures, and the changes that an agent needs to see them.
constexpr const char* kPictures = "pictures";
const std::map<std::string, std::string> kSmallForPictures{
    {"tdmpc2", "[model]\nencoder_channels = 1\n"},
    {"dreamerv2", "[model]\nencoder = { cnn_depth = 1 }\ndecoder = { cnn_depth = 1 }\n"}};

const std::vector<std::string> kEnvs{"countdown", "hockey", "point_mass", kPictures};

struct Subject {
  std::string agent;
  std::string env;
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto& agent : AgentRegistry::instance().names()) {
    for (const auto& env : kEnvs) {
      const bool sees = env != kPictures || agent == "random" || kSmallForPictures.contains(agent);
      if (sees) all.push_back({agent, env});
    }
  }
  return all;
}

// One agent in one environment, which it plays and learns in as player 0 against random actions.
class Player {
 public:
  Player(const Subject& subject, std::uint64_t seed, std::int64_t num_games = 1)
      : num_games_(num_games), rng_(1, "others") {
    const auto small = kSmall.find(subject.agent);
    Table section = small == kSmall.end() ? Table{} : parse_toml(small->second, "test");
    const auto sees = kSmallForPictures.find(subject.agent);
    if (subject.env == kPictures && sees != kSmallForPictures.end()) {
      section = merge(section, parse_toml(sees->second, "test"));
    }
    section.set("id", {subject.agent, "test"});
    Table env_section;
    const bool has_pictures = subject.env == kPictures;
    env_section.set("id", {has_pictures ? std::string("point_mass") : subject.env, "test"});
    if (has_pictures) {
      env_section.set("pixels", {true, "test"});
      env_section.set("frame_stack", {std::int64_t{2}, "test"});
    }
    for (std::int64_t game = 0; game < num_games; ++game) {
      envs_.push_back(make_env(env_section));
      envs_.back()->reset(next_seed_++);
    }
    first_step_.assign(static_cast<std::size_t>(num_games), 1);
    ConfigProblems problems;
    section =
        AgentRegistry::instance().find(subject.agent, "agent").resolve(section, spec(), problems);
    problems.throw_if_any();
    agent_ = make_agent(section, spec(), seed);
    new_actor({.num_games = num_games, .explore = true, .seed = seed});
  }

  const EnvSpec& spec() const { return envs_[0]->spec(); }
  Agent& agent() { return *agent_; }
  Actor& actor() { return *actor_; }
  void new_actor(const ActorOptions& options) { actor_ = agent_->make_actor(options); }

  std::vector<float> observations() const {
    std::vector<float> result;
    for (const auto& env : envs_) {
      const auto seen = env->observation(0);
      result.insert(result.end(), seen.begin(), seen.end());
    }
    return result;
  }
  std::vector<std::uint8_t> images() const {
    std::vector<std::uint8_t> result;
    for (const auto& env : envs_) {
      const auto seen = env->image();
      result.insert(result.end(), seen.begin(), seen.end());
    }
    return result;
  }
  std::vector<float> act() {
    std::vector<float> actions(static_cast<std::size_t>(num_games_ * spec().action_dim), NAN);
    const auto seen = images();
    if (!seen.empty()) actor_->see(seen);
    actor_->act(observations(), first_step_, actions);
    return actions;
  }
  // Plays and learns; returns every number that came out.
  std::vector<double> play(int num_steps) {
    std::vector<double> numbers;
    for (int i = 0; i < num_steps; ++i) {
      const auto actions = act();
      numbers.insert(numbers.end(), actions.begin(), actions.end());
      for (std::int64_t game = 0; game < num_games_; ++game) step(game, actions);
      if (!agent_->can_update()) continue;
      for (const auto& [name, value] : agent_->update()) numbers.push_back(value);
    }
    return numbers;
  }

 private:
  void step(std::int64_t game, const std::vector<float>& all_actions) {
    Env& env = *envs_[static_cast<std::size_t>(game)];
    const auto first = all_actions.begin() + game * spec().action_dim;
    std::vector<float> actions(first, first + spec().action_dim);
    const std::vector<float> own = actions;
    while (std::ssize(actions) < spec().num_players * spec().action_dim) {
      actions.push_back(static_cast<float>(rng_.uniform(-1.0, 1.0)));
    }
    const auto seen = env.observation(0);
    const std::vector<float> before(seen.begin(), seen.end());
    const std::vector<std::uint8_t> image(env.image().begin(), env.image().end());
    const StepResult result = env.step(actions);
    agent_->observe({.game = game,
                     .observation = before,
                     .action = own,
                     .reward = result.reward,
                     .next_observation = env.observation(0),
                     .terminated = result.terminated,
                     .truncated = result.truncated,
                     .outcome = static_cast<int>(result.outcome),
                     .image = image,
                     .next_image = env.image()});
    first_step_[static_cast<std::size_t>(game)] = result.over();
    if (result.over()) env.reset(next_seed_++);
  }

  std::int64_t num_games_;
  Rng rng_;
  std::uint64_t next_seed_ = 10;
  std::vector<std::unique_ptr<Env>> envs_;
  std::vector<std::uint8_t> first_step_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<Actor> actor_;
};

class EveryAgent : public ScratchFolder, public testing::WithParamInterface<Subject> {
 protected:
  // Enough for an episode or two of the toys and one of hockey.
  static constexpr int kSomeSteps = 270;
  static Player player(std::uint64_t seed, std::int64_t num_games = 1) {
    return {GetParam(), seed, num_games};
  }
};

TEST_P(EveryAgent, ActsWithinBounds) {
  Player one = player(1, 3);
  one.play(20);
  for (const bool explore : {true, false}) {
    for (const bool use_planner : {true, false}) {
      one.new_actor({.num_games = 3, .explore = explore, .use_planner = use_planner, .seed = 2});
      for (int i = 0; i < 5; ++i) {
        for (const float action : one.act()) {
          ASSERT_TRUE(std::isfinite(action));
          ASSERT_LE(std::abs(action), 1.0f);
        }
      }
    }
  }
}

TEST_P(EveryAgent, LearnsWithFiniteNumbers) {
  Player one = player(1);
  for (const double number : one.play(kSomeSteps)) ASSERT_TRUE(std::isfinite(number));
  EXPECT_TRUE(one.agent().can_update());
}

TEST_P(EveryAgent, DoesTheSameFromTheSameSeed) {
  const auto numbers = player(1).play(kSomeSteps);
  EXPECT_EQ(player(1).play(kSomeSteps), numbers);
  EXPECT_NE(player(2).play(kSomeSteps), numbers);
}

TEST_P(EveryAgent, GoesOnFromACheckpointAsIfNothingHadHappened) {
  Player original = player(1);
  original.play(kSomeSteps);
  original.agent().save(folder_);
  original.actor().save(folder_, "actor");
  Player other = player(7);
  other.agent().load(folder_);
  const ActorOptions options{.num_games = 1, .explore = true, .seed = 9};
  auto actor = other.agent().make_actor(options);
  actor->load(folder_, "actor");
  const std::vector<float> observation = original.observations();
  const std::vector<std::uint8_t> images = original.images();
  const std::vector<std::uint8_t> first_step{0};
  const auto actions_of = [&](Actor& an_actor) {
    std::vector<float> actions(static_cast<std::size_t>(original.spec().action_dim));
    if (!images.empty()) an_actor.see(images);
    an_actor.act(observation, first_step, actions);
    return actions;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(actions_of(*actor), actions_of(original.actor())) << i;
    EXPECT_EQ(other.agent().update(), original.agent().update()) << i;
  }
}

TEST_P(EveryAgent, ShipsAModelThatActsAlike) {
  Player original = player(1);
  original.play(kSomeSteps);
  original.agent().save_model(folder_);
  Player shipped = player(2);
  shipped.agent().load_model(folder_);
  for (Player* one : {&original, &shipped}) one->new_actor({.num_games = 1, .seed = 3});
  std::vector<float> actions(static_cast<std::size_t>(original.spec().action_dim));
  const std::vector<std::uint8_t> first_step{1};
  const auto images = original.images();
  if (!images.empty()) shipped.actor().see(images);
  shipped.actor().act(original.observations(), first_step, actions);
  EXPECT_EQ(actions, original.act());
}

TEST_P(EveryAgent, RefusesWrongSizes) {
  Player one = player(1, 2);
  const auto observations = one.observations();
  if (observations.empty()) return;  // of pictures: RefusesPicturesOfWrongSizes
  const std::vector<std::uint8_t> first_step(2, 1);
  std::vector<float> actions(static_cast<std::size_t>(2 * one.spec().action_dim));
  const auto short_of = [](const auto& numbers) {
    return std::span(numbers.data(), numbers.size() - 1);
  };
  EXPECT_THROW(one.actor().act(short_of(observations), first_step, actions), ContractViolation);
  EXPECT_THROW(one.actor().act(observations, short_of(first_step), actions), ContractViolation);
  EXPECT_THROW(one.actor().act(observations, first_step, std::span(actions).first(1)),
               ContractViolation);
  const std::span observation(observations.data(),
                              static_cast<std::size_t>(one.spec().observation_dim));
  const std::vector<float> action(static_cast<std::size_t>(one.spec().action_dim));
  EXPECT_THROW(one.agent().observe({.observation = short_of(observation),
                                    .action = action,
                                    .next_observation = observation}),
               ContractViolation);
  EXPECT_THROW(one.agent().observe({.observation = observation,
                                    .action = short_of(action),
                                    .next_observation = observation}),
               ContractViolation);
}

TEST_P(EveryAgent, RefusesPicturesOfWrongSizes) {
  Player one = player(1);
  const auto images = one.images();
  if (images.empty() || GetParam().agent == "random") return;  // which looks at nothing
  const std::span few(images.data(), images.size() - 1);
  std::vector<float> actions(static_cast<std::size_t>(one.spec().action_dim));
  one.actor().see(few);
  EXPECT_THROW(one.actor().act({}, std::vector<std::uint8_t>{1}, actions), ContractViolation);
  EXPECT_THROW(one.agent().observe({.observation = {},
                                    .action = actions,
                                    .next_observation = {},
                                    .image = images,
                                    .next_image = few}),
               ContractViolation);
}

TEST_P(EveryAgent, DescribesItself) {
  const AgentDescription description = player(1).agent().describe();
  ASSERT_FALSE(description.components.empty());
  for (const auto& part : description.components) {
    EXPECT_FALSE(part.name.empty());
    EXPECT_FALSE(part.purpose.empty()) << part.name;
    EXPECT_FALSE(part.layers.empty()) << part.name;
    EXPECT_FALSE(part.group.empty()) << part.name;
    EXPECT_GE(part.trainable, 0) << part.name;
    EXPECT_LE(part.trainable, part.parameters) << part.name;
  }
}

TEST_P(EveryAgent, PrintsDefaultsThatItReads) {
  const AgentEntry& entry = AgentRegistry::instance().find(GetParam().agent, "agent");
  const Table defaults = parse_toml(entry.commented_defaults(), "defaults");
  EnvSpec env;
  env.id = "test";
  env.observation_dim = 3;
  env.action_dim = 1;
  env.max_episode_steps = 100;
  ConfigProblems problems;
  EXPECT_EQ(entry.resolve(defaults, env, problems), entry.resolve(Table{}, env, problems));
  EXPECT_EQ(problems.lines, std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(All, EveryAgent, testing::ValuesIn(subjects()),
                         [](const auto& info) { return info.param.agent + "_" + info.param.env; });

}  // namespace
}  // namespace foresight

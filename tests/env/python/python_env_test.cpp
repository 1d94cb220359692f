// A Python environment as the rest of the program sees it. The fakes are in fake_envs.py.
#include "env/python/python_env.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "env/python/python_envs.h"
#include "env/vec_env.h"

namespace foresight {
namespace {

class PythonEnvTest : public testing::Test {
 protected:
  void SetUp() override { FS_SKIP_WITHOUT_PYTHON(); }

  static std::string message_of(const std::string& section) {
    try {
      make_env(parse_toml(section, "test"))->spec();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  static std::vector<float> observed(const Env& env) {
    const auto row = env.observation(0);
    return {row.begin(), row.end()};
  }

  // The step of an episode that broke, and the one fault that it left.
  static std::pair<int, EnvFault> play_until_broken(Env& env, std::uint64_t seed) {
    env.reset(seed);
    const std::vector<float> actions(env.spec().action_dim, 0.5f);
    for (int step = 1;; ++step) {
      const StepResult result = env.step(actions);
      if (!result.over()) continue;
      EXPECT_TRUE(result.broken);
      const auto faults = env.take_faults();
      EXPECT_EQ(faults.size(), 1u);
      return {step, faults.empty() ? EnvFault{} : faults[0]};
    }
  }
};

TEST_F(PythonEnvTest, SaysWhatTheEnvironmentIs) {
  const auto env = make_fake_env("Walk");
  const EnvSpec& spec = env->spec();
  EXPECT_EQ(spec.id, "fake_envs:Walk");
  EXPECT_EQ(spec.observation_dim, 4);
  EXPECT_EQ(spec.action_dim, 3);
  EXPECT_EQ(spec.max_episode_steps, 50);
  EXPECT_TRUE(spec.can_terminate);
  EXPECT_TRUE(spec.is_external);
  EXPECT_FALSE(spec.reports_success);
  EXPECT_EQ(spec.num_discrete_actions, 0);
  EXPECT_FALSE(spec.image.has_value());
  EXPECT_EQ(spec.observation_names,
            (std::vector<std::string>{"position[0]", "position[1]", "position[2]", "clock"}));
}

TEST_F(PythonEnvTest, PlaysEpisodesByHand) {
  const auto env = make_fake_env("Countdown", "arguments = { num_steps = 3 }");
  env->reset(4);
  EXPECT_EQ(observed(*env), (std::vector<float>{1.0f, 0.4f}));
  StepResult result = env->step(std::vector{0.25f});
  EXPECT_EQ(result.reward, 0.25f);
  EXPECT_FALSE(result.over());
  EXPECT_EQ(observed(*env), (std::vector<float>{2.0f / 3.0f, 0.4f}));
  env->step(std::vector{-1.0f});
  result = env->step(std::vector{1.0f});
  EXPECT_TRUE(result.terminated);
  EXPECT_FALSE(result.truncated);
  EXPECT_EQ(result.outcome, Outcome::kNone);
  EXPECT_THROW(env->step(std::vector{1.0f}), ContractViolation);
}

TEST_F(PythonEnvTest, TellsACutFromATerminalState) {
  const auto env = make_fake_env("Countdown", "arguments = { terminates = false, num_steps = 2 }");
  EXPECT_FALSE(env->spec().can_terminate);
  env->reset(0);
  env->step(std::vector{0.0f});
  const StepResult result = env->step(std::vector{0.0f});
  EXPECT_FALSE(result.terminated);
  EXPECT_TRUE(result.truncated);
}

TEST_F(PythonEnvTest, CutsWhereItIsToldThatNothingTerminates) {
  const auto env = make_fake_env("Countdown", "terminates = false\narguments = { num_steps = 2 }");
  EXPECT_FALSE(env->spec().can_terminate);
  env->reset(0);
  env->step(std::vector{0.0f});
  const StepResult result = env->step(std::vector{0.0f});
  EXPECT_FALSE(result.terminated);
  EXPECT_TRUE(result.truncated);
}

TEST_F(PythonEnvTest, CutsAtItsTimeLimit) {
  const auto env = make_fake_env("Countdown", "max_episode_steps = 2");
  EXPECT_EQ(env->spec().max_episode_steps, 2);
  env->reset(0);
  EXPECT_FALSE(env->step(std::vector{0.0f}).over());
  EXPECT_TRUE(env->step(std::vector{0.0f}).truncated);
}

TEST_F(PythonEnvTest, RepeatsActionsAndAddsTheirRewards) {
  const auto env = make_fake_env("Countdown", "action_repeat = 2\narguments = { num_steps = 3 }");
  EXPECT_EQ(env->spec().max_episode_steps, 15);
  env->reset(0);
  EXPECT_EQ(env->step(std::vector{0.5f}).reward, 1.0f);
  EXPECT_FLOAT_EQ(env->observation(0)[0], 1.0f / 3.0f);
  const StepResult last = env->step(std::vector{0.5f});
  EXPECT_EQ(last.reward, 0.5f);  // the end comes after the first of the two
  EXPECT_TRUE(last.terminated);
}

TEST_F(PythonEnvTest, ScalesActionsToTheRangeOfTheEnvironment) {
  const auto env = make_fake_env("Countdown", "arguments = { low = -1.0, high = 5.0 }");
  env->reset(0);
  EXPECT_EQ(env->step(std::vector{-1.0f}).reward, -1.0f);
  EXPECT_EQ(env->step(std::vector{0.0f}).reward, 2.0f);
  EXPECT_EQ(env->step(std::vector{1.0f}).reward, 5.0f);
}

TEST_F(PythonEnvTest, FlattensADictInItsOrderWithThePictureApart) {
  const auto env = make_fake_env("Spaces");
  const EnvSpec& spec = env->spec();
  EXPECT_EQ(spec.observation_names,
            (std::vector<std::string>{"speed[0]", "speed[1]", "gear[0]", "gear[1]", "gear[2]",
                                      "arm.angle[0]", "arm.angle[1]"}));
  ASSERT_TRUE(spec.image.has_value());
  EXPECT_EQ(*spec.image, (ImageShape{.num_frames = 1, .channels = 3, .height = 8, .width = 10}));
  EXPECT_EQ(spec.num_discrete_actions, 4);
  EXPECT_EQ(spec.action_dim, 4);
  env->reset(0);
  const StepResult result = env->step(std::vector{0.1f, -0.5f, 0.9f, 0.2f});
  EXPECT_EQ(result.reward, 2.0f);  // the third action
  EXPECT_EQ(observed(*env), (std::vector<float>{0.25f, 1.0f, 0, 0, 1, 0.5f, -0.5f}));
  ASSERT_EQ(env->image().size(), 240u);
  EXPECT_EQ(env->image()[1 * 80 + 2 * 10 + 7], 101);  // green, row 2, column 7
  EXPECT_EQ(std::ranges::count(env->image(), 0), 239);
}

TEST_F(PythonEnvTest, KeepsTheChosenPartsInTheChosenOrder) {
  const auto env = make_fake_env("Spaces", "observation_keys = \"arm.angle, speed\"");
  EXPECT_EQ(env->spec().observation_dim, 4);
  EXPECT_FALSE(env->spec().image.has_value());
  env->reset(0);
  EXPECT_EQ(observed(*env), (std::vector<float>{0.5f, -0.5f, 0.25f, 0.0f}));
  const std::string message =
      message_of(fake_env_toml("Spaces", "observation_keys = \"arm,speed\""));
  EXPECT_NE(message.find("no part is called arm; there are speed, camera, gear, arm.angle"),
            std::string::npos)
      << message;
}

TEST_F(PythonEnvTest, PutsPicturesAmongTheNumbersIfAsked) {
  const auto env = make_fake_env("Spaces", "observation_keys = \"camera\"\nimages = \"floats\"");
  EXPECT_FALSE(env->spec().image.has_value());
  EXPECT_EQ(env->spec().observation_dim, 240);
  env->reset(0);
  EXPECT_FLOAT_EQ(env->observation(0)[(2 * 10 + 7) * 3 + 1], 100.0f / 255.0f);
}

TEST_F(PythonEnvTest, StacksTheLastFrames) {
  const auto env = make_fake_env("Drawn", "frame_stack = 3");
  env->reset(0);
  EXPECT_EQ(observed(*env), (std::vector<float>{1, 0, 1, 0, 1, 0}));
  env->step(std::vector{0.0f});
  EXPECT_EQ(observed(*env), (std::vector<float>{1, 0, 1, 0, 0.8f, 0}));
  env->reset(0);
  EXPECT_EQ(observed(*env), (std::vector<float>{1, 0, 1, 0, 1, 0}));
}

TEST_F(PythonEnvTest, ObservesWhatTheEnvironmentDraws) {
  const auto env = make_fake_env("Drawn", "pixels = true\nimage_size = 16\nframe_stack = 2");
  ASSERT_TRUE(env->spec().image.has_value());
  EXPECT_EQ(*env->spec().image,
            (ImageShape{.num_frames = 2, .channels = 3, .height = 16, .width = 16}));
  EXPECT_EQ(env->spec().observation_dim, 0);
  env->reset(0);
  env->step(std::vector{0.0f});
  EXPECT_EQ(env->image().front(), 50);  // the older frame: five steps left
  EXPECT_EQ(env->image().back(), 40);
}

TEST_F(PythonEnvTest, MakesAnOutcomeOfSuccess) {
  const auto env = make_fake_env("Spaces");
  EXPECT_TRUE(env->spec().reports_success);
  for (const bool is_good : {true, false}) {
    env->reset(0);
    StepResult result;
    for (int step = 0; step < 4; ++step) {
      EXPECT_EQ(result.outcome, Outcome::kNone);
      result = env->step(std::vector{0.0f, 0.0f, is_good ? 1.0f : -1.0f, 0.0f});
    }
    EXPECT_TRUE(result.truncated);
    EXPECT_EQ(result.outcome, is_good ? Outcome::kWin : Outcome::kLoss);
  }
}

TEST_F(PythonEnvTest, BeginsTheNextEpisodeRightAtTheBoundary) {
  std::vector<std::unique_ptr<Env>> envs;
  for (int i = 0; i < 3; ++i) {
    envs.push_back(make_fake_env("Countdown", "arguments = { num_steps = 2 }"));
  }
  VecEnv vec(std::move(envs), {.seed = 5, .auto_reset = true, .num_threads = 2});
  vec.reset();
  const auto mark = [&](std::int64_t env, std::uint64_t episode) {
    // As the worker folds the seed.
    const std::uint64_t seed = episode_seed(5, env, episode);
    return static_cast<float>(((seed ^ (seed >> 32)) & 0x7fffffff) % 10) / 10.0f;
  };
  std::ranges::fill(vec.actions(), 0.5f);
  for (int episode = 0; episode < 3; ++episode) {
    for (std::int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(vec.observation(i, 0)[0], 1.0f);
      EXPECT_FLOAT_EQ(vec.observation(i, 0)[1], mark(i, episode));
    }
    vec.step();
    for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(vec.terminated()[i], 0);
    vec.step();
    for (std::int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(vec.terminated()[i], 1);
      EXPECT_EQ(vec.rewards()[i], 0.5f);
      EXPECT_EQ(vec.final_observation(i, 0)[0], 0.0f);
      EXPECT_FLOAT_EQ(vec.final_observation(i, 0)[1], mark(i, episode));
    }
  }
}

TEST_F(PythonEnvTest, KeepsTheLastPictureOfAnEpisode) {
  std::vector<std::unique_ptr<Env>> envs;
  envs.push_back(make_fake_env("Drawn", "pixels = true\nimage_size = 8"));
  VecEnv vec(std::move(envs), {.seed = 5});
  vec.reset();
  for (int step = 0; step < 5; ++step) vec.step();
  EXPECT_EQ(vec.terminated()[0], 1);
  EXPECT_EQ(vec.final_image(0)[0], 0);
  EXPECT_EQ(vec.image(0)[0], 50);
}

TEST_F(PythonEnvTest, SurvivesAnEnvironmentThatPrintsMoreThanAPipeHolds) {
  const auto env = make_fake_env("Chatty");
  env->reset(0);
  for (int step = 0; step < 4; ++step) EXPECT_FALSE(env->step(std::vector{0.0f}).over());
}

struct Failure {
  std::string how;
  std::string expected;  // in the report
};

class PythonFault : public PythonEnvTest, public testing::WithParamInterface<Failure> {};

TEST_P(PythonFault, IsReportedWithStepAndLastLinesAndTheNextEpisodeIsPlayed) {
  const auto& [how, expected] = GetParam();
  // Only a seed that ends with 3 fails.
  const auto env = make_fake_env(
      "Faulty", "step_timeout_s = 20\narguments = { how = \"" + how + "\", seeds = \"3\" }");
  const auto [step, fault] = play_until_broken(*env, 3);
  EXPECT_EQ(step, 3);
  EXPECT_EQ(fault.dropped_steps, 2);
  EXPECT_NE(fault.text.find("fake_envs:Faulty, step 3 of an episode: the worker " + expected),
            std::string::npos)
      << fault.text;
  EXPECT_NE(fault.text.find("at step 3"), std::string::npos) << fault.text;
  for (const float number : env->observation(0)) EXPECT_EQ(number, 0.0f);
  EXPECT_THROW(env->step(std::vector{0.0f}), ContractViolation);
  env->reset(4);
  EXPECT_EQ(observed(*env), (std::vector<float>{1.0f, 0.4f}));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(env->step(std::vector{0.0f}).over());
  EXPECT_TRUE(env->step(std::vector{0.0f}).terminated);
  EXPECT_TRUE(env->take_faults().empty());
}

INSTANTIATE_TEST_SUITE_P(
    EveryKind, PythonFault,
    testing::Values(Failure{"kill", "was killed by signal 9 (Killed)"},
                    Failure{"crash", "was killed by signal 11 (Segmentation fault)"},
                    Failure{"exit", "ended with status 7"},
                    Failure{"raise", "raised ValueError: the puck is gone"},
                    Failure{"shape",
                            "raised ValueError: observation has shape (3,), its space "
                            "says (2,)"},
                    Failure{"nan", "gave nan for observation 1"},
                    Failure{"reward", "gave a reward of inf"}),
    [](const auto& info) { return info.param.how; });

TEST_F(PythonEnvTest, ReportsAWorkerThatHangsOrPrintsForEver) {
  for (const std::string how : {"hang", "print"}) {
    const auto env = make_fake_env(
        "Faulty", "step_timeout_s = 2\narguments = { how = \"" + how + "\", seeds = \"3\" }");
    const auto [step, fault] = play_until_broken(*env, 3);
    EXPECT_EQ(step, 3);
    EXPECT_NE(fault.text.find("gave no answer in 2 s"), std::string::npos) << fault.text;
  }
}

TEST_F(PythonEnvTest, StartsAnewWhereAResetFails) {
  const auto env =
      make_fake_env("Faulty", "arguments = { how = \"kill\", seeds = \"3\", at_reset = true }");
  env->reset(4);
  env->reset(5);
  // The seed is unlucky in every new worker, too.
  EXPECT_THROW(env->reset(3), Error);
  EXPECT_EQ(env->take_faults().size(), 2u);
}

TEST_F(PythonEnvTest, ThreeDeathsInARowAreAnError) {
  const auto env = make_fake_env("Faulty", "arguments = { how = \"exit\", seeds = \"3\" }");
  play_until_broken(*env, 3);
  play_until_broken(*env, 3);
  env->reset(3);
  env->step(std::vector{0.0f});
  env->step(std::vector{0.0f});
  try {
    env->step(std::vector{0.0f});
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("ended with status 7"), std::string::npos) << text;
    EXPECT_NE(text.find("3 unfinished episodes in a row"), std::string::npos) << text;
  }
}

TEST_F(PythonEnvTest, AFinishedEpisodeBetweenDeathsForgivesThem) {
  const auto env = make_fake_env("Faulty", "arguments = { how = \"exit\", seeds = \"3\" }");
  for (int round = 0; round < 3; ++round) {
    play_until_broken(*env, 3);
    play_until_broken(*env, 3);
    env->reset(4);
    while (!env->step(std::vector{0.0f}).over()) {
    }
  }
}

TEST_F(PythonEnvTest, ABrokenEpisodeIsNoEndInManyCopies) {
  std::vector<std::unique_ptr<Env>> envs;
  envs.push_back(make_fake_env("Faulty", "arguments = { how = \"kill\" }"));
  envs.push_back(make_fake_env("Faulty", "arguments = { how = \"kill\", at = 100 }"));
  VecEnv vec(std::move(envs), {.seed = 1});
  vec.reset();
  for (int step = 0; step < 3; ++step) vec.step();
  EXPECT_EQ(vec.broken()[0], 1);
  EXPECT_EQ(vec.broken()[1], 0);
  EXPECT_EQ(vec.terminated()[0] + vec.truncated()[0], 0);
  EXPECT_EQ(vec.rewards()[0], 0.0f);
  EXPECT_EQ(vec.observation(0, 0)[0], 1.0f);  // the next one has begun
  EXPECT_EQ(vec.num_episodes()[0], 2u);
}

TEST_F(PythonEnvTest, ExplainsWhatCannotBeMade) {
  const auto expect = [](const std::string& section, const std::string& text) {
    const std::string message = message_of(section);
    EXPECT_NE(message.find(text), std::string::npos) << section << "\n" << message;
  };
  expect(fake_env_toml("Nobody"), "has no attribute 'Nobody'");
  expect(fake_env_toml("NoClock"), "set env.max_episode_steps");
  expect(fake_env_toml("WrongFromTheStart"), "has shape (2, 2), its space says (2,)");
  expect(fake_env_toml("Countdown", "arguments = { speed = 3 }"), "unexpected keyword argument");
  expect("id = \"no_such_module:Env\"\npython = \"" + gymnasium_python() + "\"",
         "No module named 'no_such_module'");
  expect("id = \"python\"\npython = \"" + gymnasium_python() + "\"",
         "needs env.task = \"module:Class\"");
  expect("id = \"Pendulum-v1\"\ntask = \"CartPole-v1\"\npython = \"" + gymnasium_python() + "\"",
         "leave one of them out");
  expect("id = \"Pendulun-v1\"\npython = \"" + gymnasium_python() + "\"", "Pendulum");
  expect("id = \"Pendulum-v1\"\npython = \"/no/such/python\"", "there is no /no/such/python");
  expect("id = \"Pendulum-v1\"\npython = \"pyhton\"", "expected a path with a slash, or one of");
}

TEST_F(PythonEnvTest, PlaysAnyGymnasiumIdWithoutCode) {
  const std::string python = "python = \"" + gymnasium_python() + "\"\n";
  const auto pendulum = make_env(parse_toml("id = \"Pendulum-v1\"\n" + python, "test"));
  EXPECT_EQ(pendulum->spec().id, "Pendulum-v1");
  EXPECT_EQ(pendulum->spec().observation_dim, 3);
  EXPECT_EQ(pendulum->spec().max_episode_steps, 200);
  const auto same =
      make_env(parse_toml("id = \"gymnasium\"\ntask = \"Pendulum-v1\"\n" + python, "test"));
  pendulum->reset(3);
  same->reset(3);
  StepResult result;
  for (int step = 0; step < 200; ++step) {
    ASSERT_EQ(observed(*pendulum), observed(*same));
    EXPECT_FALSE(result.over());
    result = pendulum->step(std::vector{0.7f});
    EXPECT_EQ(same->step(std::vector{0.7f}).reward, result.reward);
  }
  EXPECT_TRUE(result.truncated);
  const auto cart = make_env(parse_toml("id = \"CartPole-v1\"\n" + python, "test"));
  EXPECT_EQ(cart->spec().num_discrete_actions, 2);
}

// examples/slow_rover.py, as the documentation shows it.
TEST_F(PythonEnvTest, PlaysTheExampleOfAClassOfOnesOwn) {
  const auto env = make_env(parse_toml(
      "id = \"slow_rover:Rover\"\npython = \"" + gymnasium_python() +
          "\"\npython_path = \"" FORESIGHT_SOURCE_DIR "/examples\"\nmax_episode_steps = 3",
      "test"));
  EXPECT_EQ(env->spec().observation_dim, 4);
  EXPECT_EQ(env->spec().action_dim, 2);
  EXPECT_FALSE(env->spec().can_terminate);
  env->reset(5);
  const auto begin = std::chrono::steady_clock::now();
  const auto start = observed(*env);
  for (int step = 1; step <= 3; ++step) {
    EXPECT_EQ(env->step(std::vector{1.0f, 0.0f}).truncated, step == 3);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
  EXPECT_GT(observed(*env)[2], start[2]);  // the pushed axis moves, the other rests
  EXPECT_EQ(observed(*env)[3], start[3]);
}

}  // namespace
}  // namespace foresight

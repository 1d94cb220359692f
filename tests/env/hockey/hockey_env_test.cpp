#include "env/hockey/hockey_env.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "env/hockey/basic_opponent.h"

namespace foresight {
namespace {

int steps_until_over(HockeyEnv& env, StepResult& last) {
  const std::vector<float> actions(2 * env.spec().action_dim);
  for (int step = 1;; ++step) {
    last = env.step(actions);
    if (last.over()) return step;
  }
}

TEST(HockeyEnvOptions, CutAnEpisodeWhereTheOriginalDoesUnlessTold) {
  StepResult last;
  HockeyEnv game{HockeyEnvConfig{}};
  game.reset(1);
  EXPECT_EQ(steps_until_over(game, last), 251);
  EXPECT_TRUE(last.truncated);
  EXPECT_EQ(last.outcome, Outcome::kNone);

  HockeyEnv drill(HockeyEnvConfig{.mode = "shooting"});
  drill.reset(1);
  EXPECT_EQ(steps_until_over(drill, last), 81);

  HockeyEnv brief(HockeyEnvConfig{.max_steps = 30});
  EXPECT_EQ(brief.spec().max_episode_steps, 30);
  brief.reset(1);
  EXPECT_EQ(steps_until_over(brief, last), 30);

  HockeyEnv patient(HockeyEnvConfig{.max_steps = 400});
  patient.reset(1);
  EXPECT_EQ(steps_until_over(patient, last), 400);
}

TEST(HockeyEnvOptions, TerminateAtAGoalAndSayWhoWon) {
  HockeyEnv env(HockeyEnvConfig{.mode = "defense"});
  int num_goals = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    StepResult last;
    env.reset(seed);
    steps_until_over(env, last);
    if (!last.terminated) continue;
    EXPECT_FALSE(last.truncated);
    const bool is_won = last.outcome == Outcome::kWin;  // the shot came back
    EXPECT_EQ(is_won, env.observation(0)[12] > 0);
    EXPECT_EQ(env.reward_terms()[0], is_won ? 10.0f : -10.0f);
    EXPECT_NEAR(last.reward, is_won ? 10.0f : -10.0f, 0.5f);
    ++num_goals;
  }
  EXPECT_GT(num_goals, 5);
}

bool left_has_the_puck(const std::string& start, std::uint64_t seed) {
  HockeyEnv env(HockeyEnvConfig{.start = start});
  env.reset(seed);
  return env.observation(0)[12] < 0.0f;
}

TEST(HockeyEnvOptions, ChooseWhoStarts) {
  int num_left = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    EXPECT_TRUE(left_has_the_puck("left", seed));
    EXPECT_FALSE(left_has_the_puck("right", seed));
    EXPECT_EQ(left_has_the_puck("alternate", seed), seed % 2 == 0);
    num_left += left_has_the_puck("random", seed) ? 1 : 0;
  }
  EXPECT_GT(num_left, 8);
  EXPECT_LT(num_left, 32);
}

TEST(HockeyEnvOptions, PadAGameWithoutKeepMode) {
  HockeyEnv padded(HockeyEnvConfig{.keep_mode = false});
  HockeyEnv bare(HockeyEnvConfig{.keep_mode = false, .pad_observation = false});
  EXPECT_EQ(padded.spec().observation_dim, 18);
  EXPECT_EQ(padded.spec().action_dim, 4);
  EXPECT_EQ(bare.spec().observation_dim, 16);
  EXPECT_EQ(bare.spec().action_dim, 3);
  EXPECT_EQ(bare.spec().observation_names.size(), 16u);
  padded.reset(5);
  bare.reset(5);
  bool is_over = false;
  while (!is_over) {
    is_over = padded.step(std::array<float, 8>{1, 0.5, 0.1, 1, 0.7, -0.2, 0.3, 1}).over();
    ASSERT_EQ(bare.step(std::array<float, 6>{1, 0.5, 0.1, 0.7, -0.2, 0.3}).over(), is_over);
    ASSERT_TRUE(std::ranges::equal(padded.observation(0).first(16), bare.observation(0)));
    ASSERT_EQ(padded.observation(0)[16], 0.0f);
    ASSERT_EQ(padded.observation(1)[17], 0.0f);
  }
}

TEST(HockeyEnvOptions, WeighThePartsOfTheReward) {
  HockeyEnv plain{HockeyEnvConfig{}};
  HockeyEnv shaped(HockeyEnvConfig{.reward_outcome = 0.5,
                                   .reward_closeness = 2.0,
                                   .reward_touch = 3.0,
                                   .reward_direction = 100.0});
  BasicOpponent bot(OpponentStrength::kStrong, /*keep_mode=*/true, 1);
  double touch = 0.0;
  double direction = 0.0;
  plain.reset(4);
  shaped.reset(4);
  StepResult result;
  while (!result.over()) {
    const auto action = bot.act(plain.observation(0));
    std::array<float, 8> actions{};
    std::ranges::copy(action, actions.begin());
    result = plain.step(actions);
    ASSERT_EQ(result.reward, static_cast<float>(plain.game().reward(HockeySide::kLeft)));
    ASSERT_EQ(result.opponent_reward, static_cast<float>(plain.game().reward(HockeySide::kRight)));
    const StepResult shaped_result = shaped.step(actions);
    const auto other = shaped.game().info(HockeySide::kRight);
    ASSERT_FLOAT_EQ(
        shaped_result.opponent_reward,
        static_cast<float>(0.5 * shaped.game().goal_reward(HockeySide::kRight) +
                           2.0 * other.closeness + 3.0 * other.touch + 100.0 * other.direction));
    const auto info = shaped.game().info(HockeySide::kLeft);
    ASSERT_EQ(shaped.reward_terms()[0], 0.5f * plain.reward_terms()[0]);
    ASSERT_EQ(shaped.reward_terms()[1], 2.0f * plain.reward_terms()[1]);
    ASSERT_EQ(shaped.reward_terms()[2], static_cast<float>(3.0 * info.touch));
    ASSERT_EQ(shaped.reward_terms()[3], static_cast<float>(100.0 * info.direction));
    touch += info.touch;
    direction += std::abs(info.direction);
  }
  EXPECT_GT(touch, 0.0);
  EXPECT_GT(direction, 0.0);
}

TEST(HockeyEnv, StartsFromNumpysSeedLikeTheFaithfulGame) {
  HockeyEnv env(HockeyEnvConfig{.start = "right"});
  env.reset(42);
  HockeyGame game(HockeyMode::kNormal, /*keep_mode=*/true, std::uint64_t{1});
  game.reset(/*left_starts=*/false, std::uint64_t{42});
  std::array<float, 18> expected;
  game.observe(HockeySide::kLeft, std::span<float>(expected));
  EXPECT_TRUE(std::ranges::equal(env.observation(0), expected));
}

TEST(HockeyEnv, ForecastsWhatThenHappens) {
  HockeyEnv env{HockeyEnvConfig{}};
  env.reset(9);
  for (int step = 0; step < 10; ++step) env.step(std::array<float, 8>{0, 1, 0, 0, 0, 0, 0, 0});
  for (const int player : {0, 1}) {
    std::vector<float> plan;
    for (int step = 0; step < 8; ++step) plan.insert(plan.end(), {-0.5f, 0.3f, 0.2f, 0.0f});
    const auto before = env.game().player(HockeySide::kLeft);
    const auto path = env.forecast(player, plan);
    EXPECT_EQ(env.game().player(HockeySide::kLeft).x, before.x);  // the game itself stays
    ASSERT_EQ(path.size(), 8u);
    std::array<float, 8> actions{};
    for (const auto& point : path) {
      std::copy_n(plan.begin(), 4, actions.begin() + 4 * player);
      env.step(actions);
      const auto body = env.game().player(player == 0 ? HockeySide::kLeft : HockeySide::kRight);
      EXPECT_NEAR(point.x, body.x, 1e-4);
      EXPECT_NEAR(point.y, body.y, 1e-4);
    }
  }
}

TEST(HockeyEnv, ForecastsNothingFromNoActions) {
  HockeyEnv env{HockeyEnvConfig{}};
  env.reset(1);
  EXPECT_TRUE(env.forecast(0, {}).empty());
}

TEST(HockeyEnv, ShowsTheOriginalsDrawList) {
  HockeyEnv env{HockeyEnvConfig{}};
  env.reset(1);
  Scene scene;
  ASSERT_TRUE(env.describe_scene(scene));
  EXPECT_EQ(scene.width, 10.0);
  EXPECT_EQ(scene.height, 8.0);
  EXPECT_EQ(scene.pixels_per_unit, 60.0);
  ASSERT_EQ(scene.shapes.size(), 14u);  // 5 decorations, 6 walls, 2 rackets, the puck
  const auto& left = scene.shapes[11];
  EXPECT_EQ(left.points.size(), 7u);
  EXPECT_EQ(left.color.red, 235);
  EXPECT_NEAR(left.points[0].x, 2.0 - 0.2, 1e-6);
  EXPECT_NEAR(left.points[0].y, 4.0 + 0.4, 1e-6);
  EXPECT_EQ(scene.shapes[12].color.blue, 199);
  const auto& puck = scene.shapes[13];
  EXPECT_NEAR(puck.radius, 13.0 / 60.0, 1e-12);
  EXPECT_EQ(puck.points[0].x, env.game().puck().x);
}

TEST(HockeyEnv, TurnsTheRacketInThePicture) {
  HockeyEnv env{HockeyEnvConfig{}};
  env.reset(1);
  for (int step = 0; step < 20; ++step) env.step(std::array<float, 8>{0, 0, 1, 0, 0, 0, 0, 0});
  const double angle = env.game().player(HockeySide::kLeft).angle;
  ASSERT_GT(angle, 0.1);
  Scene scene;
  env.describe_scene(scene);
  const auto& points = scene.shapes[11].points;
  // The straight edge from corner 1 to corner 2 points down in a racket that is not turned.
  EXPECT_NEAR(std::atan2(points[2].x - points[1].x, points[1].y - points[2].y), angle, 1e-6);
}

TEST(HockeyEnv, IsMadeFromItsSectionOfAConfig) {
  const auto section = [](const char* text) { return parse_toml(text, "test"); };
  const auto env = make_env(section("id = 'hockey'\nmode = 'shooting'"));
  EXPECT_EQ(env->spec().max_episode_steps, 81);
  EXPECT_THROW(make_env(section("id = 'hockey'\nmode = 'shotting'")), Error);
  EXPECT_THROW(make_env(section("id = 'hokey'")), Error);
  EXPECT_THROW(make_env(section("id = 3")), Error);
  EXPECT_THROW(make_env(section("mode = 'normal'")), Error);
}

}  // namespace
}  // namespace foresight

#include "train/schedule.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "io/scratch_folder.h"
#include "train/experiments.h"

namespace foresight {
namespace {

std::string problems_of(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { experiment_of(toml, overrides); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The weights of the hockey project's default shaping (RewardShapingConfig: N 600, K 400), worked
// out by hand from its formula start (1 - a) + final a, a = (episode - N) / K.
TEST(LinearSchedule, IsTheProjectsShaping) {
  const LinearSchedule closeness{.from = 20.0, .to = 1.5, .begin = 600, .end = 1000};
  EXPECT_EQ(closeness.at(0), 20.0);
  EXPECT_EQ(closeness.at(599), 20.0);
  EXPECT_EQ(closeness.at(600), 20.0);
  EXPECT_DOUBLE_EQ(closeness.at(700), 15.375);
  EXPECT_DOUBLE_EQ(closeness.at(800), 10.75);
  EXPECT_DOUBLE_EQ(closeness.at(999), 20.0 * (1 - 399.0 / 400) + 1.5 * (399.0 / 400));
  EXPECT_EQ(closeness.at(1000), 1.5);
  EXPECT_EQ(closeness.at(1'000'000), 1.5);
}

// Its bonus for won games in the mixed runs: N 100, K 2000, from 10 to 1.
TEST(LinearSchedule, IsTheProjectsBonus) {
  const LinearSchedule bonus{.from = 10.0, .to = 1.0, .begin = 100, .end = 2100};
  EXPECT_EQ(bonus.at(99), 10.0);
  EXPECT_DOUBLE_EQ(bonus.at(1100), 5.5);
  EXPECT_DOUBLE_EQ(bonus.at(1600), 3.25);
  EXPECT_EQ(bonus.at(2100), 1.0);
}

TEST(LinearSchedule, JumpsWhereItBeginsAndEndsAtOnce) {
  const LinearSchedule jump{.from = 3.0, .to = 4.0, .begin = 10, .end = 10};
  EXPECT_EQ(jump.at(9), 3.0);
  EXPECT_EQ(jump.at(10), 4.0);
}

const std::string kShaped = kHockey + R"(
[curriculum.shaping]
reward_closeness = { from = 20.0, to = 1.5, begin = 600, end = 1000 }
reward_touch = { to = 0, end = 10 }
reward_direction = 2
)";

TEST(EnvSchedules, AreReadWithTheEnvironmentsOwnNumbersWhereNothingIsSaid) {
  const Experiment experiment = experiment_of(kShaped);
  EXPECT_TRUE(experiment.phases[0].shaping.empty());
  const Phase& phase = experiment.phases[1];
  ASSERT_EQ(phase.shaping.size(), 3u);
  EXPECT_EQ(phase.shaping.at("reward_closeness").end, 1000);
  EXPECT_EQ(phase.shaping.at("reward_touch").from, 1.0);  // of the phase's env
  EXPECT_EQ(phase.shaping.at("reward_direction").at(0), 2.0);
  const Table env = env_at(phase.env, phase.shaping, 5);
  EXPECT_EQ(std::get<double>(env.find("reward_closeness")->data), 20.0);
  EXPECT_EQ(std::get<double>(env.find("reward_touch")->data), 0.5);
  EXPECT_EQ(std::get<double>(env.find("reward_direction")->data), 2.0);
  EXPECT_EQ(std::get<double>(env.find("reward_outcome")->data), 1.0);
}

TEST(EnvSchedules, SurvivePrinting) {
  const Experiment experiment = experiment_of(kShaped);
  const std::string printed = to_commented_toml(experiment.config);
  const Experiment again = resolve_experiment(parse_toml(printed, "config.toml"));
  EXPECT_EQ(to_commented_toml(again.config), printed);
  EXPECT_EQ(again.phases[1].shaping.at("reward_closeness").begin, 600);
}

TEST(EnvSchedules, NameEveryMistake) {
  const std::string unknown = problems_of(kHockey, {"curriculum.0.shaping.reward_closenes=1"});
  EXPECT_TRUE(contains(unknown, "curriculum.0.shaping.reward_closenes: no number of [env]"));
  EXPECT_TRUE(contains(unknown, "did you mean \"reward_closeness\""));
  EXPECT_TRUE(contains(problems_of(kHockey, {"curriculum.0.shaping.keep_mode=1"}), "no number"));
  EXPECT_TRUE(contains(problems_of(kHockey, {"curriculum.0.shaping.reward_touch=\"much\""}),
                       "expected a number or { from, to, begin, end }, found the text"));
  EXPECT_TRUE(contains(problems_of(kHockey, {"curriculum.0.shaping.reward_touch.too=1"}),
                       "did you mean \"curriculum.0.shaping.reward_touch.to\""));
  EXPECT_TRUE(contains(problems_of(kHockey, {"curriculum.0.shaping.reward_touch.begin=9"}),
                       "it ends (episode 0) before it begins (episode 9)"));
  // The environment allows weights up to 1000.
  EXPECT_TRUE(contains(problems_of(kHockey, {"curriculum.0.shaping.reward_touch=2000"}),
                       "curriculum.0.shaping: env.reward_touch: expected a finite number in"));
}

TEST(WinBonusSchedules, AreRefusedWhereTheAgentKnowsNoBonus) {
  EXPECT_TRUE(contains(problems_of(kHockey, {"curriculum.0.win_bonus.bonus=10"}),
                       "curriculum.0.win_bonus: this agent does not spread rewards"));
}

TEST(WinBonusSchedules, TakeWhatTheAgentHasWhereNothingIsSaid) {
  const Table agent = parse_toml("win_bonus = 7.0\nwin_bonus_discount = 0.9", "agent.toml");
  const Table section = parse_toml("bonus = { to = 1, begin = 10, end = 20 }", "test.toml");
  ConfigProblems problems;
  const WinBonusSchedule schedule = read_win_bonus(section, agent, "win_bonus", problems);
  EXPECT_TRUE(problems.lines.empty());
  EXPECT_EQ(schedule.bonus.at(0), 7.0);
  EXPECT_EQ(schedule.bonus.at(15), 4.0);
  EXPECT_EQ(schedule.bonus.at(20), 1.0);
  EXPECT_EQ(schedule.discount.at(15), 0.9);
}

TEST(WinBonusSchedules, NameEveryMistake) {
  const Table agent = parse_toml("win_bonus = 7.0\nwin_bonus_discount = 0.9", "agent.toml");
  const auto message = [&](const std::string& toml) {
    ConfigProblems problems;
    read_win_bonus(parse_toml(toml, "test.toml"), agent, "win_bonus", problems);
    return error_of([&] { problems.throw_if_any(); });
  };
  EXPECT_TRUE(contains(message("bonsu = 1"), "did you mean \"bonus\""));
  EXPECT_TRUE(
      contains(message("discount = 1.5"), "win_bonus.discount: expected numbers in [0, 1]"));
  EXPECT_TRUE(contains(message("bonus = -1"), "test.toml:1: win_bonus.bonus: expected numbers"));
}

}  // namespace
}  // namespace foresight

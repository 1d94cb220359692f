// Every recorded game, played again, equals the original bit for bit. No tolerance anywhere.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "parity/hockey/replay.h"

namespace foresight {
namespace {

// A number is written with its sign and shortest form, so bits can be compared; integers may stand
// for doubles.
void expect_bits(const std::vector<double>& actual, const nlohmann::json& expected,
                 const std::string& where) {
  ASSERT_EQ(actual.size(), expected.size()) << where;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_TRUE(same_bits(actual[i], expected[i].get<double>()))
        << where << ", entry " << i << ": " << actual[i] << " instead of " << expected[i];
  }
}

// Played once a program. Throws in the test that asks if the recordings are not there.
const std::vector<Replay>& replays() {
  static const std::vector<Replay> all = replay_all();
  return all;
}

std::string name_of(const Replay& replay) { return "trajectory " + std::to_string(replay.id); }

// `check(replay, step, where)` for every step of every trajectory, up to the first fault.
using Check = std::function<void(const Replay& replay, std::size_t step, const std::string& where)>;
void for_each_step(const Check& check) {
  std::size_t num_steps = 0;
  for (const auto& replay : replays()) {
    ASSERT_EQ(replay.steps.size(), replay.recorded.at("steps").get<std::size_t>());
    for (std::size_t step = 0; step < replay.steps.size(); ++step, ++num_steps) {
      check(replay, step, name_of(replay) + ", step " + std::to_string(step));
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(num_steps, 0u);
}

TEST(RecordedGames, BeginWhereTheSeedPutsThem) {
  for (const auto& replay : replays()) {
    const std::string where = name_of(replay);
    const auto& init = replay.recorded.at("init");
    expect_bits(replay.after_reset.bodies, init.at("state"), where);
    expect_bits(replay.after_reset.has_puck, init.at("has"), where + ", counters");
    expect_bits({replay.pending_puck_force[0], replay.pending_puck_force[1]}, init.at("puck_force"),
                where + ", pending force");
    EXPECT_EQ(replay.max_steps, init.at("max_timesteps").get<int>()) << where;
    NumpyGenerator generator(replay.recorded.at("seed").get<std::uint64_t>());
    for (const auto& draw : init.at("draws")) {
      EXPECT_TRUE(same_bits(generator.uniform(draw[0], draw[1]), draw[2].get<double>())) << where;
    }
  }
}

TEST(RecordedGames, StartFromASetState) {
  for (const auto& replay : replays()) {
    if (replay.recorded.at("set_state").is_null()) continue;
    expect_bits(replay.start.bodies, replay.recorded.at("after_set_state"), name_of(replay));
  }
}

TEST(RecordedGames, MoveAllBodiesAsRecorded) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    expect_bits(replay.steps[step].bodies, replay.recorded.at("state")[step], where);
  });
}

TEST(RecordedGames, ShowTheLeftPlayerWhatItSaw) {
  for (const auto& replay : replays()) {
    expect_bits(replay.start.observation[0], replay.recorded.at("obs1")[0],
                name_of(replay) + ", before the first step");
  }
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    expect_bits(replay.steps[step].observation[0], replay.recorded.at("obs1")[step + 1], where);
  });
}

TEST(RecordedGames, ShowTheRightPlayerWhatItSaw) {
  for (const auto& replay : replays()) {
    expect_bits(replay.start.observation[1], replay.recorded.at("obs2")[0],
                name_of(replay) + ", before the first step");
  }
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    expect_bits(replay.steps[step].observation[1], replay.recorded.at("obs2")[step + 1], where);
  });
}

TEST(RecordedGames, PayBothPlayersAsRecorded) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    const auto& [left, right] = replay.steps[step].reward;
    EXPECT_TRUE(same_bits(left, replay.recorded.at("reward")[step].get<double>())) << where;
    EXPECT_TRUE(same_bits(right, replay.recorded.at("reward2")[step].get<double>())) << where;
  });
}

TEST(RecordedGames, TellBothPlayersTheRecordedInfos) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    expect_bits(replay.steps[step].info[0], replay.recorded.at("info1")[step], where + ", left");
    expect_bits(replay.steps[step].info[1], replay.recorded.at("info2")[step], where + ", right");
  });
}

TEST(RecordedGames, CountHeldPucksAsRecorded) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    expect_bits(replay.steps[step].has_puck, replay.recorded.at("has_puck")[step], where);
  });
}

TEST(RecordedGames, EndWhenAndAsRecorded) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    EXPECT_EQ(replay.steps[step].done, replay.recorded.at("done")[step].get<int>() != 0) << where;
    EXPECT_EQ(replay.steps[step].winner, replay.recorded.at("winner")[step].get<int>()) << where;
  });
}

TEST(RecordedGames, PutTheSameBodiesToSleep) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    EXPECT_EQ(replay.steps[step].awake, replay.recorded.at("awake")[step].get<std::vector<int>>())
        << where;
  });
}

TEST(RecordedGames, TouchAsOftenAsRecorded) {
  for_each_step([](const Replay& replay, std::size_t step, const std::string& where) {
    EXPECT_EQ(replay.steps[step].num_touching, replay.recorded.at("touching")[step].get<int>())
        << where;
  });
}

}  // namespace
}  // namespace foresight

// The scripted opponents and the table of discrete actions equal the original bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "env/hockey/basic_opponent.h"
#include "env/hockey/discrete_actions.h"
#include "parity/hockey/replay.h"

namespace foresight {
namespace {

OpponentStrength strength_of(const nlohmann::json& recorded) {
  return recorded.at("weak").get<bool>() ? OpponentStrength::kWeak : OpponentStrength::kStrong;
}

// Recorded actions have 4 numbers with keep_mode, else 3; the fourth of ours is then 0.
void expect_action(const std::array<double, 4>& action, const nlohmann::json& expected,
                   const std::string& where) {
  for (std::size_t i = 0; i < action.size(); ++i) {
    const double value = i < expected.size() ? expected[i].get<double>() : 0.0;
    ASSERT_TRUE(same_bits(action[i], value)) << where << ", number " << i << ": " << action[i];
  }
}

TEST(RecordedOpponents, SwingInThePhaseThatNumpysSeedGives) {
  for (const auto& recorded : read_recordings("opponents.jsonl.gz", "opponent")) {
    const auto seed = recorded.at("np_random_seed").get<std::uint32_t>();
    BasicOpponent opponent(strength_of(recorded), recorded.at("keep_mode"), seed);
    EXPECT_TRUE(same_bits(opponent.phase(), recorded.at("phase0").get<double>())) << seed;
    for (std::size_t i = 0; i < recorded.at("obs").size(); ++i) {
      opponent.act(recorded.at("obs")[i].get<std::vector<double>>());
      ASSERT_TRUE(same_bits(opponent.phase(), recorded.at("phase_after")[i].get<double>()))
          << "seed " << seed << ", action " << i;
    }
  }
}

TEST(RecordedOpponents, ActAsRecorded) {
  for (const auto& recorded : read_recordings("opponents.jsonl.gz", "opponent")) {
    const auto seed = recorded.at("np_random_seed").get<std::uint32_t>();
    BasicOpponent opponent(strength_of(recorded), recorded.at("keep_mode"), seed);
    ASSERT_EQ(recorded.at("obs").size(), recorded.at("actions").size());
    ASSERT_FALSE(recorded.at("obs").empty());
    for (std::size_t i = 0; i < recorded.at("obs").size(); ++i) {
      const auto action = opponent.act(recorded.at("obs")[i].get<std::vector<double>>());
      expect_action(action, recorded.at("actions")[i],
                    "seed " + std::to_string(seed) + ", action " + std::to_string(i));
    }
  }
}

// One side of a recorded game. Noise was added to some bots: to all numbers, so that `shoot` is
// neither 0 nor 1, or a number leaves [-1, 1].
struct Side {
  const nlohmann::json& game;
  std::size_t index;  // 0 left, 1 right

  nlohmann::json action(std::size_t step) const {
    const auto& both = game.at("actions")[step];
    const auto size = static_cast<std::ptrdiff_t>(both.size() / 2);
    const auto begin = both.begin() + static_cast<std::ptrdiff_t>(index) * size;
    return nlohmann::json(std::vector<double>(begin, begin + size));
  }
  const nlohmann::json& observation(std::size_t step) const {
    return game.at(index == 0 ? "obs1" : "obs2")[step];
  }
  std::string name() const { return game.at("ctrl")[index]; }
  bool is_pure_bot() const {
    if (name() != "weak" && name() != "strong") return false;
    for (std::size_t step = 0; step < game.at("actions").size(); ++step) {
      const auto numbers = action(step).get<std::vector<double>>();
      for (const double number : numbers) {
        if (!(std::abs(number) <= 1.0)) return false;
      }
      if (numbers.size() == 4 && numbers[3] != 0.0 && numbers[3] != 1.0) return false;
    }
    return true;
  }
};

TEST(RecordedOpponents, PlayedTheRecordedGames) {
  int num_sides = 0;
  for (const auto& game : read_recordings("trajectories.jsonl.gz", "trajectory")) {
    for (const std::size_t index : {0, 1}) {
      const Side side{game, index};
      if (!side.is_pure_bot()) continue;
      ++num_sides;
      const auto strength =
          side.name() == "weak" ? OpponentStrength::kWeak : OpponentStrength::kStrong;
      for (std::size_t step = 0; step < game.at("actions").size(); ++step) {
        const auto action = basic_opponent_action(
            strength, game.at("keep_mode"), game.at("phase")[step][index].get<double>(),
            side.observation(step).get<std::vector<double>>());
        expect_action(action, side.action(step),
                      "trajectory " + game.at("id").dump() + ", side " + std::to_string(index) +
                          ", step " + std::to_string(step));
        if (HasFatalFailure()) break;
      }
    }
  }
  EXPECT_GT(num_sides, 0);
}

TEST(RecordedDiscreteActions, HaveTheRecordedNumbers) {
  for (const auto& recorded : read_recordings("opponents.jsonl.gz", "discrete")) {
    int action = recorded.at("first");
    ASSERT_FALSE(recorded.at("table").empty());
    for (const auto& expected : recorded.at("table")) {
      expect_action(discrete_to_continuous(action, recorded.at("keep_mode")), expected,
                    "action " + std::to_string(action));
      ++action;
    }
  }
}

}  // namespace
}  // namespace foresight

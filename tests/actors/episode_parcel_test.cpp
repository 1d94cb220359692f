#include "actors/episode_parcel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "actors/parcels.h"
#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

// A transition with its own memory.
struct Seen {
  std::int64_t game = 0;
  std::vector<float> observation, action, next_observation, opponent_action;
  std::vector<std::uint8_t> image, next_image;
  float reward = 0.0f;
  bool terminated = false;
  bool truncated = false;
  int outcome = 0;
  std::string opponent;
  double bonus = 0.0;
  bool operator==(const Seen&) const = default;
};

class Witness : public Observer {
 public:
  void observe(const Transition& t) override {
    const auto copy = [](auto span) { return std::vector(span.begin(), span.end()); };
    steps.push_back({t.game, copy(t.observation), copy(t.action), copy(t.next_observation),
                     copy(t.opponent_action), copy(t.image), copy(t.next_image), t.reward,
                     t.terminated, t.truncated, t.outcome, std::string(t.opponent),
                     t.win_bonus ? t.win_bonus->bonus : 0.0});
  }
  void forget_unfinished(std::int64_t) override {}
  std::vector<Seen> steps;
};

// Shows both observers three steps of a game, of which `mark` tells the numbers.
void play_duel(std::int64_t game, float mark, Observer& first, Observer& second) {
  const auto rows = [&](float step) { return std::vector<float>{mark, step, -step}; };
  for (int step = 0; step < 3; ++step) {
    const auto observation = rows(static_cast<float>(step));
    const auto next_observation = rows(static_cast<float>(step + 1));
    const std::vector<float> action{0.1f * static_cast<float>(step), mark};
    const std::vector<float> other{mark, 0.2f};
    const std::vector<std::uint8_t> image(4, static_cast<std::uint8_t>(step));
    const std::vector<std::uint8_t> next_image(4, static_cast<std::uint8_t>(step + 1));
    const bool is_last = step == 2;
    const Transition transition{.game = game,
                                .observation = observation,
                                .action = action,
                                .reward = mark + static_cast<float>(step),
                                .next_observation = next_observation,
                                .terminated = is_last,
                                .truncated = false,
                                .outcome = is_last ? -1 : 0,
                                .image = image,
                                .next_image = next_image,
                                .opponent_action = other,
                                .opponent = "self",
                                .win_bonus = WinBonus{4.0, 0.9}};
    first.observe(transition);
    second.observe(transition);
  }
}

class EpisodeParcelTest : public ScratchFolder {
 protected:
  // A game 1 of 2, and what the past self on its other side saw.
  EpisodeParcel duel(Witness& witness) const {
    EpisodePacker packer;
    play_duel(1, 0.5f, packer, witness);
    play_duel(3, -0.5f, packer, witness);
    EXPECT_EQ(packer.unfinished_lengths(2), std::vector<std::int64_t>{3});
    const FinishedEpisode summary{.game = 1,
                                  .opponent = "self/copy_0003",
                                  .total_reward = 4.5,
                                  .length = 3,
                                  .outcome = Outcome::kLoss,
                                  .reward_terms = {1.0, 2.0}};
    EpisodeParcel parcel = packer.take(summary, 2);
    EXPECT_TRUE(packer.unfinished_lengths(2).empty());
    parcel.weights_updates = 77;
    parcel.metrics = {{"plan/std", 0.25}};
    return parcel;
  }

  std::string error_of(const EpisodeParcel& parcel, const EnvSpec& spec) const {
    try {
      parcel_of(bytes_of(parcel, folder_), spec);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(EpisodeParcelTest, ShowsALearnerWhatTheActorSaw) {
  Witness there;
  const EpisodeParcel parcel = parcel_of(bytes_of(duel(there), folder_), duel_spec());
  Witness here;
  show_track(parcel.own, parcel, 1, here);
  ASSERT_TRUE(parcel.mirrored);
  show_track(*parcel.mirrored, parcel, 3, here);
  ASSERT_EQ(here.steps.size(), 6u);
  EXPECT_TRUE(here.steps == there.steps);
  EXPECT_EQ(parcel.summary.opponent, "self/copy_0003");
  EXPECT_EQ(parcel.summary.total_reward, 4.5);
  EXPECT_EQ(parcel.summary.length, 3);
  EXPECT_EQ(parcel.summary.outcome, Outcome::kLoss);
  EXPECT_EQ(parcel.summary.reward_terms, (std::vector<double>{1.0, 2.0}));
  EXPECT_EQ(parcel.weights_updates, 77);
  EXPECT_EQ(parcel.metrics, (Metrics{{"plan/std", 0.25}}));
}

TEST_F(EpisodeParcelTest, RefusesWhatIsNoEpisodeOfTheEnvironment) {
  Witness ignored;
  const EpisodeParcel good = duel(ignored);
  EXPECT_EQ(error_of(good, duel_spec()), "");
  EpisodeParcel parcel = good;
  parcel.own.observations[4] = std::nanf("");
  EXPECT_NE(error_of(parcel, duel_spec()).find("own.observations[4] is nan"), std::string::npos);
  parcel = good;
  parcel.own.actions.pop_back();
  EXPECT_NE(error_of(parcel, duel_spec()).find("own.actions"), std::string::npos);
  parcel = good;
  parcel.own.outcome = 2;
  EXPECT_NE(error_of(parcel, duel_spec()).find("own.end"), std::string::npos);
  parcel = good;
  parcel.mirrored = lone_parcel(2, 0.0f).own;
  EXPECT_NE(error_of(parcel, duel_spec()), "");
  EnvSpec other = duel_spec();
  other.max_episode_steps = 2;
  EXPECT_NE(error_of(good, other).find("of 3 steps, expected 1 to 2"), std::string::npos);
  other = duel_spec();
  other.reward_terms.pop_back();
  EXPECT_NE(error_of(good, other).find("totals"), std::string::npos);
  other = duel_spec();
  other.num_players = 1;
  EXPECT_NE(error_of(good, other), "");
}

TEST_F(EpisodeParcelTest, TheLongestEpisodeFitsIntoAMessage) {
  const EnvSpec spec = lone_spec();
  EpisodeParcel parcel = lone_parcel(spec.max_episode_steps, 1.0f);
  parcel.mirrored = parcel.own;
  for (int i = 0; i < 64; ++i) parcel.metrics.emplace_back(fmt::format("a/metric_{}", i), i);
  EXPECT_LE(bytes_of(parcel, folder_).size() + 8, max_parcel_bytes(spec));
}

}  // namespace
}  // namespace foresight

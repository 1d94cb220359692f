// Opponents that need no model: none, random, and the hockey game's own two bots.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "env/hockey/basic_opponent.h"
#include "selfplay/opponent.h"

namespace foresight {
namespace {

class IdleOpponent : public Opponent {
 public:
  void begin_game(std::int64_t, std::uint64_t) override {}
  void act(std::span<const std::int64_t>, std::span<const float>,
           std::span<float> actions) override {
    std::fill(actions.begin(), actions.end(), 0.0f);
  }
};

class RandomOpponent : public Opponent {
 public:
  explicit RandomOpponent(const OpponentContext& context)
      : action_dim_(context.env.action_dim),
        streams_(context.num_games, Rng(context.seed, "random opponent")) {}

  void begin_game(std::int64_t game, std::uint64_t seed) override {
    streams_[game] = Rng(seed, "random opponent");
  }

  void act(std::span<const std::int64_t> games, std::span<const float>,
           std::span<float> actions) override {
    auto action = actions.begin();
    for (const std::int64_t game : games) {
      for (std::int64_t i = 0; i < action_dim_; ++i) {
        *action++ = static_cast<float>(streams_[game].uniform(-1.0, 1.0));
      }
    }
  }

  void catch_up(std::int64_t game, std::span<const float>) override {
    for (std::int64_t i = 0; i < action_dim_; ++i) streams_[game].uniform(-1.0, 1.0);
  }

 private:
  std::int64_t action_dim_;
  std::vector<Rng> streams_;  // one a place
};

// The original's bots; they read the observation's first 16 or 18 numbers.
class BotOpponent : public Opponent {
 public:
  BotOpponent(OpponentStrength strength, const OpponentContext& context)
      : observation_dim_(context.env.observation_dim), action_dim_(context.env.action_dim) {
    if (context.env.id != "hockey") {
      fail("the weak and strong bots play hockey only, not {}; use none, random or a model",
           context.env.id);
    }
    // Without keep mode the hold counters are 0 or absent, and so is the fourth action.
    const bool has_counters = observation_dim_ >= 18;
    for (std::int64_t game = 0; game < context.num_games; ++game) {
      bots_.emplace_back(strength, has_counters, static_cast<std::uint32_t>(context.seed + game));
    }
  }

  void begin_game(std::int64_t game, std::uint64_t seed) override {
    bots_[game].reseed(static_cast<std::uint32_t>(seed));
  }

  void act(std::span<const std::int64_t> games, std::span<const float> observations,
           std::span<float> actions) override {
    for (std::size_t row = 0; row < games.size(); ++row) {
      const auto action =
          bots_[games[row]].act(observations.subspan(row * observation_dim_, observation_dim_));
      for (std::int64_t i = 0; i < action_dim_; ++i) {
        actions[row * action_dim_ + i] = static_cast<float>(action[i]);
      }
    }
  }

  void catch_up(std::int64_t game, std::span<const float> observation) override {
    bots_[game].act(observation);
  }

 private:
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::vector<BasicOpponent> bots_;  // one a place
};

template <OpponentStrength strength>
std::unique_ptr<Opponent> make_bot(const OpponentContext& context) {
  return std::make_unique<BotOpponent>(strength, context);
}

OpponentRegistry& registry() { return OpponentRegistry::instance(); }

[[maybe_unused]] const bool registered[] = {
    registry().add("none", {.help = "stands still",
                            .make = [](const OpponentContext&) -> std::unique_ptr<Opponent> {
                              return std::make_unique<IdleOpponent>();
                            }}),
    registry().add("random",
                   {.help = "uniform random actions",
                    .make = [](const OpponentContext& context) -> std::unique_ptr<Opponent> {
                      return std::make_unique<RandomOpponent>(context);
                    }}),
    registry().add(
        "weak", {.help = "the hockey game's weak bot", .make = make_bot<OpponentStrength::kWeak>}),
    registry().add("strong", {.help = "the hockey game's strong bot",
                              .make = make_bot<OpponentStrength::kStrong>})};

}  // namespace
}  // namespace foresight

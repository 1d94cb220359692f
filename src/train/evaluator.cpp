#include "train/evaluator.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "env/env.h"
#include "selfplay/match.h"

namespace foresight {
namespace {

// The agent as a player of the match. It thinks for all places, even those that have run out of
// games, so that what its planner draws does not depend on who has finished.
class EvaluatedPlayer : public Opponent {
 public:
  EvaluatedPlayer(Agent& agent, const EnvSpec& spec, std::int64_t num_places,
                  const EvalOptions& options)
      : observation_dim_(spec.observation_dim),
        action_dim_(spec.action_dim),
        actor_(agent.make_actor({.num_games = num_places,
                                 .explore = false,
                                 .use_planner = options.use_planner,
                                 .keep_traces = options.recorder != nullptr,
                                 .task = spec.task,
                                 .seed = Rng(options.seed, "evaluation actor").next_u64()})),
        observations_(num_places * observation_dim_),
        images_(spec.image ? num_places * spec.image->num_bytes() : 0),
        first_step_(num_places, 1),
        actions_(num_places * action_dim_) {}

  void begin_game(std::int64_t place, std::uint64_t) override { first_step_[place] = 1; }

  void see(std::span<const std::uint8_t> images) override { seen_ = images; }

  void act(std::span<const std::int64_t> places, std::span<const float> observations,
           std::span<float> actions) override {
    if (!images_.empty()) {
      const std::int64_t size = std::ssize(seen_) / std::ssize(places);
      for (std::size_t row = 0; row < places.size(); ++row) {
        std::copy_n(seen_.begin() + row * size, size, images_.begin() + places[row] * size);
      }
      actor_->see(images_);
    }
    for (std::size_t row = 0; row < places.size(); ++row) {
      std::copy_n(observations.begin() + row * observation_dim_, observation_dim_,
                  observations_.begin() + places[row] * observation_dim_);
    }
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    actor_->act(observations_, first_step_, actions_);
    act_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    for (std::size_t row = 0; row < places.size(); ++row) {
      std::copy_n(actions_.begin() + places[row] * action_dim_, action_dim_,
                  actions.begin() + row * action_dim_);
      first_step_[places[row]] = 0;
    }
  }

  const PlanTrace* trace(std::int64_t place) const { return actor_->trace(place); }
  const std::vector<double>& act_ms() const { return act_ms_; }

 private:
  std::int64_t observation_dim_;
  std::int64_t action_dim_;
  std::unique_ptr<Actor> actor_;
  std::vector<float> observations_;       // [B, O]
  std::span<const std::uint8_t> seen_;    // [K, bytes of one], of the next act
  std::vector<std::uint8_t> images_;      // [B, bytes of one]
  std::vector<std::uint8_t> first_step_;  // [B]
  std::vector<float> actions_;            // [B, A]
  std::vector<double> act_ms_;
};

// Shows the games to a recorder.
class RecordingWatcher : public MatchWatcher {
 public:
  RecordingWatcher(const EvaluatedPlayer& player, const EvalOptions& options)
      : player_(player), options_(options) {}

  void on_begin(std::int64_t game) override {
    options_.recorder->begin_game({.title = fmt::format("game {} of {}", game + 1, options_.games),
                                   .left = options_.agent_name,
                                   .right = options_.opponent});
  }

  void on_step(std::int64_t place, const Env& env) override {
    options_.recorder->frame(env, player_.trace(place), player_.act_ms().back());
  }

  void on_end(const FinishedGame& game, const Env& env) override {
    options_.recorder->frame(env, nullptr, 0.0);
    options_.recorder->end_game(game.outcome);
  }

 private:
  const EvaluatedPlayer& player_;
  const EvalOptions& options_;
};

std::unique_ptr<Opponent> opponent_of(const EvalOptions& options, const EnvSpec& spec,
                                      std::int64_t num_places) {
  if (spec.num_players > 1) {
    if (options.opponent.empty()) fail("{} needs an opponent", spec.id);
    return make_opponent(options.opponent,
                         {.env = spec,
                          .num_games = num_places,
                          .seed = Rng(options.seed, "evaluation opponent").next_u64()});
  }
  if (!options.opponent.empty()) {
    fail("{} has one player: it cannot be played against {}", spec.id, options.opponent);
  }
  return nullptr;
}

GameStart start_of(const EvalOptions& options, std::int64_t game) {
  Rng seeds(options.seed, "evaluation game", static_cast<std::uint64_t>(game));
  GameStart start;
  start.env_seed = seeds.next_u64();
  start.second_seed = seeds.next_u64();
  return start;
}

EvalResult counted(std::span<const FinishedGame> games) {
  EvalResult result;
  std::vector<double> returns;
  std::vector<double> lengths;
  for (const FinishedGame& game : games) {
    ++result.games;
    if (game.outcome == Outcome::kWin) ++result.wins;
    if (game.outcome == Outcome::kNone) ++result.draws;
    if (game.outcome == Outcome::kLoss) ++result.losses;
    result.lost += game.num_broken;
    returns.push_back(game.total_reward);
    lengths.push_back(static_cast<double>(game.length));
  }
  result.mean_return = mean_of(returns);
  result.return_std = standard_deviation(returns);
  result.mean_length = mean_of(lengths);
  return result;
}

}  // namespace

EvalResult evaluate(Agent& agent, const EvalOptions& options) {
  FS_CHECK(options.games > 0 && options.parallel > 0, "{} games, {} side by side", options.games,
           options.parallel);
  FS_CHECK(options.recorder == nullptr || options.parallel == 1,
           "games can only be recorded one after the other");
  const std::int64_t num_places = std::min(options.games, options.parallel);
  const EnvSpec spec = make_env(options.env)->spec();
  const auto opponent = opponent_of(options, spec, num_places);
  EvaluatedPlayer player(agent, spec, num_places, options);
  RecordingWatcher watcher(player, options);
  const auto games =
      play_match(player, opponent.get(),
                 {.env = options.env,
                  .games = options.games,
                  .parallel = options.parallel,
                  .start = [&](std::int64_t game) { return start_of(options, game); },
                  .watcher = options.recorder == nullptr ? nullptr : &watcher,
                  .should_stop = options.should_stop});
  EvalResult result = counted(games);
  result.has_success = spec.reports_success;
  result.act_ms_p50 = percentile(player.act_ms(), 0.50);
  result.act_ms_p99 = percentile(player.act_ms(), 0.99);
  result.act_ms_per_game_p50 = result.act_ms_p50 / static_cast<double>(num_places);
  result.act_ms_per_game_p99 = result.act_ms_p99 / static_cast<double>(num_places);
  return result;
}

std::string describe(const EvalResult& result, const std::string& opponent) {
  std::string ending = fmt::format("mean return {:.2f} +- {:.2f}, mean length {:.0f} steps",
                                   result.mean_return, result.return_std, result.mean_length);
  if (result.has_success) ending += fmt::format(", {:.1f} % success", 100.0 * result.win_rate());
  if (result.lost > 0) ending += fmt::format(" ({} broke and were played again)", result.lost);
  if (opponent.empty()) return fmt::format("{} episodes: {}", result.games, ending);
  const Interval interval = result.win_interval();
  return fmt::format(
      "{}: {} of {} won ({:.1f} %, 95 % interval {:.1f} to {:.1f}), {} drawn, {} lost, {}",
      opponent, result.wins, result.games, 100.0 * result.win_rate(), 100.0 * interval.low,
      100.0 * interval.high, result.draws, result.losses, ending);
}

}  // namespace foresight

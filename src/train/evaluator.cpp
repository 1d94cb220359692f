#include "train/evaluator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "env/env.h"
#include "selfplay/opponent.h"

namespace foresight {
namespace {

// One place in which games are played, one after the other.
struct Place {
  std::unique_ptr<Env> env;
  std::int64_t game = -1;  // -1: no games left
  double total_reward = 0.0;
  std::int64_t length = 0;
};

class Evaluation {
 public:
  Evaluation(Agent& agent, const EvalOptions& options);
  EvalResult run();

 private:
  bool has_opponent() const { return opponent_ != nullptr; }
  void begin_next_game(std::size_t place);
  void begin_game(std::size_t place);
  void start_step(std::size_t place);
  void act();
  void play_opponent();
  void step(std::size_t place);
  void finish_game(std::size_t place, Outcome outcome);
  void read_observation(std::size_t place);
  std::span<const float> joint_action(std::size_t place) const;  // [P, A]

  const EvalOptions& options_;
  std::vector<Place> places_;
  EnvSpec spec_;
  std::unique_ptr<Actor> actor_;
  std::unique_ptr<Opponent> opponent_;
  std::int64_t next_game_ = 0;
  std::int64_t num_active_ = 0;
  std::vector<float> observations_;           // [B, O]
  std::vector<float> actions_;                // [B, A]
  std::vector<std::uint8_t> first_step_;      // [B]
  std::vector<std::int64_t> active_;          // [K]
  std::vector<float> opponent_observations_;  // [K, O]
  std::vector<float> opponent_actions_;       // [K, A]
  std::vector<float> joint_actions_;          // [B, P, A]
  EvalResult result_;
  std::vector<double> returns_;
  std::vector<double> lengths_;
  std::vector<double> act_ms_;
};

Evaluation::Evaluation(Agent& agent, const EvalOptions& options) : options_(options) {
  FS_CHECK(options.games > 0 && options.parallel > 0, "{} games, {} side by side", options.games,
           options.parallel);
  FS_CHECK(options.recorder == nullptr || options.parallel == 1,
           "games can only be recorded one after the other");
  const std::int64_t num_places = std::min(options.games, options.parallel);
  for (std::int64_t i = 0; i < num_places; ++i) places_.push_back({.env = make_env(options.env)});
  spec_ = places_[0].env->spec();
  if (spec_.num_players > 1) {
    if (options.opponent.empty()) fail("{} needs an opponent", spec_.id);
    opponent_ = make_opponent(options.opponent,
                              {.env = spec_,
                               .num_games = num_places,
                               .seed = Rng(options.seed, "evaluation opponent").next_u64()});
  } else if (!options.opponent.empty()) {
    fail("{} has one player: it cannot be played against {}", spec_.id, options.opponent);
  }
  actor_ = agent.make_actor({.num_games = num_places,
                             .explore = false,
                             .use_planner = options.use_planner,
                             .keep_traces = options.recorder != nullptr,
                             .seed = Rng(options.seed, "evaluation actor").next_u64()});
  observations_.resize(num_places * spec_.observation_dim);
  actions_.resize(num_places * spec_.action_dim);
  first_step_.resize(num_places, 1);
  joint_actions_.resize(num_places * spec_.num_players * spec_.action_dim);
  result_.has_success = spec_.reports_success;
}

EvalResult Evaluation::run() {
  for (std::size_t place = 0; place < places_.size(); ++place) begin_next_game(place);
  while (num_active_ > 0) {
    if (options_.should_stop && options_.should_stop()) break;
    act();
    if (has_opponent()) play_opponent();
    for (std::size_t place = 0; place < places_.size(); ++place) {
      if (places_[place].game >= 0) start_step(place);
    }
    for (std::size_t place = 0; place < places_.size(); ++place) {
      if (places_[place].game >= 0) step(place);
    }
  }
  result_.mean_return = mean_of(returns_);
  result_.return_std = standard_deviation(returns_);
  result_.mean_length = mean_of(lengths_);
  result_.act_ms_p50 = percentile(act_ms_, 0.50);
  result_.act_ms_p99 = percentile(act_ms_, 0.99);
  const auto num_places = static_cast<double>(places_.size());
  result_.act_ms_per_game_p50 = result_.act_ms_p50 / num_places;
  result_.act_ms_per_game_p99 = result_.act_ms_p99 / num_places;
  return result_;
}

void Evaluation::begin_next_game(std::size_t index) {
  Place& place = places_[index];
  if (place.game >= 0) --num_active_;
  place.game = -1;
  first_step_[index] = 1;
  if (next_game_ >= options_.games) return;
  ++num_active_;
  place.game = next_game_++;
  begin_game(index);
}

void Evaluation::begin_game(std::size_t index) {
  Place& place = places_[index];
  first_step_[index] = 1;
  place.total_reward = 0.0;
  place.length = 0;
  Rng seeds(options_.seed, "evaluation game", static_cast<std::uint64_t>(place.game));
  place.env->reset(seeds.next_u64());
  const std::uint64_t opponent_seed = seeds.next_u64();
  if (has_opponent()) opponent_->begin_game(static_cast<std::int64_t>(index), opponent_seed);
  read_observation(index);
  if (options_.recorder == nullptr) return;
  options_.recorder->begin_game(
      {.title = fmt::format("game {} of {}", place.game + 1, options_.games),
       .left = options_.agent_name,
       .right = options_.opponent});
}

void Evaluation::read_observation(std::size_t place) {
  const auto observation = places_[place].env->observation(0);
  std::copy(observation.begin(), observation.end(),
            observations_.begin() + place * spec_.observation_dim);
}

void Evaluation::act() {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  actor_->act(observations_, first_step_, actions_);
  act_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
}

void Evaluation::play_opponent() {
  active_.clear();
  opponent_observations_.clear();
  for (std::size_t place = 0; place < places_.size(); ++place) {
    if (places_[place].game < 0) continue;
    active_.push_back(static_cast<std::int64_t>(place));
    const auto observation = places_[place].env->observation(1);
    opponent_observations_.insert(opponent_observations_.end(), observation.begin(),
                                  observation.end());
  }
  opponent_actions_.resize(active_.size() * spec_.action_dim);
  opponent_->act(active_, opponent_observations_, opponent_actions_);
}

std::span<const float> Evaluation::joint_action(std::size_t index) const {
  const std::int64_t width = spec_.num_players * spec_.action_dim;
  return std::span(joint_actions_).subspan(index * width, width);
}

void Evaluation::start_step(std::size_t index) {
  Place& place = places_[index];
  const std::int64_t action_dim = spec_.action_dim;
  const auto target = joint_actions_.begin() + index * spec_.num_players * action_dim;
  std::copy_n(actions_.begin() + index * action_dim, action_dim, target);
  if (has_opponent()) {
    const auto row =
        std::lower_bound(active_.begin(), active_.end(), static_cast<std::int64_t>(index)) -
        active_.begin();
    std::copy_n(opponent_actions_.begin() + row * action_dim, action_dim, target + action_dim);
  }
  for (const float action : joint_action(index)) {
    if (!std::isfinite(action)) {
      fail("evaluation game {}, step {}: an action is {}", place.game, place.length, action);
    }
  }
  if (options_.recorder != nullptr) {
    const PlanTrace* trace = actor_->trace(static_cast<std::int64_t>(index));
    options_.recorder->frame(*place.env, trace, act_ms_.back());
  }
  place.env->start_step(joint_action(index));
}

void Evaluation::step(std::size_t index) {
  Place& place = places_[index];
  const StepResult result = place.env->step(joint_action(index));
  if (result.broken) {
    ++result_.lost;
    begin_game(index);
    return;
  }
  place.total_reward += result.reward;
  ++place.length;
  first_step_[index] = 0;
  read_observation(index);
  if (result.over()) finish_game(index, result.outcome);
}

void Evaluation::finish_game(std::size_t index, Outcome outcome) {
  ++result_.games;
  if (outcome == Outcome::kWin) ++result_.wins;
  if (outcome == Outcome::kNone) ++result_.draws;
  if (outcome == Outcome::kLoss) ++result_.losses;
  returns_.push_back(places_[index].total_reward);
  lengths_.push_back(static_cast<double>(places_[index].length));
  if (options_.recorder != nullptr) {
    options_.recorder->frame(*places_[index].env, nullptr, 0.0);
    options_.recorder->end_game(outcome);
  }
  begin_next_game(index);
}

}  // namespace

EvalResult evaluate(Agent& agent, const EvalOptions& options) {
  return Evaluation(agent, options).run();
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

#include "selfplay/match.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

// One place in which games are played, one after the other.
struct Place {
  std::unique_ptr<Env> env;
  bool is_active = false;
  bool is_swapped = false;
  FinishedGame game;  // what is known of it so far
};

// One side of all running games.
struct Side {
  Opponent* player = nullptr;
  std::vector<float> observations;  // [K, O]
  std::vector<float> actions;       // [K, A]
};

class Match {
 public:
  Match(Opponent& first, Opponent* second, const MatchOptions& options);
  std::vector<FinishedGame> play();

 private:
  void begin_next_game(std::size_t place);
  void begin_game(std::size_t place);
  void think();
  void start_step(std::size_t row);
  void step(std::size_t row);
  std::span<float> joint_action(std::size_t row);  // [P, A]
  void finish_game(std::size_t place, Outcome outcome);

  const MatchOptions& options_;
  std::vector<Place> places_;
  EnvSpec spec_;
  std::vector<Side> sides_;  // one or two
  std::int64_t next_game_ = 0;
  std::vector<std::int64_t> active_;  // [K] places, rising
  std::vector<float> joint_actions_;  // [K, P, A]
  std::vector<std::uint8_t> images_;  // [K, bytes of one]
  std::vector<FinishedGame> finished_;
};

Match::Match(Opponent& first, Opponent* second, const MatchOptions& options) : options_(options) {
  FS_CHECK(options.games > 0 && options.parallel > 0, "{} games, {} side by side", options.games,
           options.parallel);
  const std::int64_t num_places = std::min(options.games, options.parallel);
  for (std::int64_t i = 0; i < num_places; ++i) places_.push_back({.env = make_env(options.env)});
  spec_ = places_[0].env->spec();
  sides_.push_back({.player = &first, .observations = {}, .actions = {}});
  if (second != nullptr) sides_.push_back({.player = second, .observations = {}, .actions = {}});
  FS_CHECK(std::ssize(sides_) == spec_.num_players, "{} players for {}, which has {}",
           sides_.size(), spec_.id, spec_.num_players);
  joint_actions_.resize(num_places * spec_.num_players * spec_.action_dim);
}

std::vector<FinishedGame> Match::play() {
  for (std::size_t place = 0; place < places_.size(); ++place) begin_next_game(place);
  while (true) {
    active_.clear();
    for (std::size_t place = 0; place < places_.size(); ++place) {
      if (places_[place].is_active) active_.push_back(static_cast<std::int64_t>(place));
    }
    if (active_.empty() || (options_.should_stop && options_.should_stop())) break;
    think();
    for (std::size_t row = 0; row < active_.size(); ++row) start_step(row);
    for (std::size_t row = 0; row < active_.size(); ++row) step(row);
  }
  return std::move(finished_);
}

void Match::begin_next_game(std::size_t index) {
  Place& place = places_[index];
  place.is_active = next_game_ < options_.games;
  if (!place.is_active) return;
  place.game = {.game = next_game_++};
  begin_game(index);
}

void Match::begin_game(std::size_t index) {
  Place& place = places_[index];
  GameStart start = options_.start(place.game.game);
  if (place.game.num_broken > 0) {  // the same beginning might well break it again
    start.env_seed = Rng(start.env_seed, "match, game begun anew",
                         static_cast<std::uint64_t>(place.game.num_broken))
                         .next_u64();
  }
  place.is_swapped = start.is_swapped;
  place.env->reset(start.env_seed);
  sides_[0].player->begin_game(static_cast<std::int64_t>(index), start.first_seed);
  if (sides_.size() > 1) {
    sides_[1].player->begin_game(static_cast<std::int64_t>(index), start.second_seed);
  }
  if (options_.watcher != nullptr) options_.watcher->on_begin(place.game.game);
}

void Match::think() {
  images_.clear();
  if (spec_.image) {
    for (const std::int64_t index : active_) {
      const auto image = places_[index].env->image();
      images_.insert(images_.end(), image.begin(), image.end());
    }
  }
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    Side& side = sides_[s];
    side.observations.clear();
    for (const std::int64_t index : active_) {
      const Place& place = places_[index];
      const int seat = static_cast<int>(s) ^ static_cast<int>(place.is_swapped);
      const auto observation = place.env->observation(seat);
      side.observations.insert(side.observations.end(), observation.begin(), observation.end());
    }
    side.actions.resize(active_.size() * spec_.action_dim);
    if (spec_.image) side.player->see(images_);
    side.player->act(active_, side.observations, side.actions);
  }
}

std::span<float> Match::joint_action(std::size_t row) {
  const std::size_t width = spec_.num_players * spec_.action_dim;
  return std::span(joint_actions_).subspan(row * width, width);
}

// Environments in other processes step side by side.
void Match::start_step(std::size_t row) {
  Place& place = places_[active_[row]];
  const std::span<float> joint = joint_action(row);
  const std::int64_t action_dim = spec_.action_dim;
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    const std::size_t seat = s ^ static_cast<std::size_t>(place.is_swapped);
    std::copy_n(sides_[s].actions.begin() + row * action_dim, action_dim,
                joint.begin() + seat * action_dim);
  }
  for (const float action : joint) {
    if (!std::isfinite(action)) {
      fail("game {}, step {}: an action is {}", place.game.game, place.game.length, action);
    }
  }
  if (options_.watcher != nullptr) options_.watcher->on_step(active_[row], *place.env);
  place.env->start_step(joint);
}

void Match::step(std::size_t row) {
  const auto index = static_cast<std::size_t>(active_[row]);
  Place& place = places_[index];
  const StepResult result = place.env->step(joint_action(row));
  if (result.broken) {
    place.game = {.game = place.game.game, .num_broken = place.game.num_broken + 1};
    return begin_game(index);
  }
  place.game.total_reward += result.reward;
  ++place.game.length;
  if (result.over()) finish_game(index, result.outcome);
}

void Match::finish_game(std::size_t index, Outcome outcome) {
  Place& place = places_[index];
  const int as_player_0 = static_cast<int>(outcome);
  place.game.outcome = static_cast<Outcome>(place.is_swapped ? -as_player_0 : as_player_0);
  finished_.push_back(place.game);
  if (options_.watcher != nullptr) options_.watcher->on_end(place.game, *place.env);
  begin_next_game(index);
}

}  // namespace

std::vector<FinishedGame> play_match(Opponent& first, Opponent* second,
                                     const MatchOptions& options) {
  return Match(first, second, options).play();
}

}  // namespace foresight

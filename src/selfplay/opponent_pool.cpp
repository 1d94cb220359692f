#include "selfplay/opponent_pool.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {

OpponentPool::OpponentPool(OpponentContext context)
    : context_(std::move(context)), names_(context_.num_games) {}

void OpponentPool::set_mixture(std::vector<WeightedOpponent> mixture) {
  FS_CHECK(!mixture.empty(), "a mixture needs an opponent");
  for (const WeightedOpponent& entry : mixture) {
    FS_CHECK(entry.weight > 0.0, "opponent {} has the weight {}", entry.name, entry.weight);
    side(entry.name);
  }
  mixture_ = std::move(mixture);
}

OpponentPool::Side& OpponentPool::side(const std::string& name) {
  Side& side = sides_[name];
  if (!side.opponent) side.opponent = make_opponent(name, context_);
  return side;
}

void OpponentPool::begin_game(std::int64_t game, std::uint64_t seed) {
  FS_CHECK(!mixture_.empty(), "no opponents were set");
  double total = 0.0;
  for (const WeightedOpponent& entry : mixture_) total += entry.weight;
  double left = Rng(seed, "opponent").uniform(0.0, total);
  std::size_t chosen = 0;
  while (chosen + 1 < mixture_.size() && left >= mixture_[chosen].weight) {
    left -= mixture_[chosen++].weight;
  }

  if (!names_[game].empty()) std::erase(sides_.at(names_[game]).games, game);
  names_[game] = mixture_[chosen].name;
  Side& side = sides_.at(names_[game]);
  side.games.insert(std::lower_bound(side.games.begin(), side.games.end(), game), game);
  side.opponent->begin_game(game, Rng(seed, "opponent's game").next_u64());
}

void OpponentPool::act(std::span<const float> observations, std::span<float> actions) {
  FS_CHECK(std::ssize(observations) == context_.num_games * context_.env.observation_dim &&
               std::ssize(actions) == context_.num_games * context_.env.action_dim,
           "{} games, {} observation and {} action numbers", context_.num_games,
           observations.size(), actions.size());
  for (auto& [name, side] : sides_) {
    if (!side.games.empty()) act_side(side, observations, actions);
  }
}

void OpponentPool::act_side(Side& side, std::span<const float> observations,
                            std::span<float> actions) {
  const std::int64_t observation_dim = context_.env.observation_dim;
  const std::int64_t action_dim = context_.env.action_dim;
  gathered_observations_.clear();
  for (const std::int64_t game : side.games) {
    const auto row = observations.subspan(game * observation_dim, observation_dim);
    gathered_observations_.insert(gathered_observations_.end(), row.begin(), row.end());
  }
  gathered_actions_.resize(side.games.size() * action_dim);
  side.opponent->act(side.games, gathered_observations_, gathered_actions_);
  for (std::size_t k = 0; k < side.games.size(); ++k) {
    std::copy_n(gathered_actions_.begin() + k * action_dim, action_dim,
                actions.begin() + side.games[k] * action_dim);
  }
}

}  // namespace foresight

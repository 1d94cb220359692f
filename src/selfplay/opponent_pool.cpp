#include "selfplay/opponent_pool.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "selfplay/copy_pool.h"
#include "selfplay/weighted_choice.h"

namespace foresight {

OpponentPool::OpponentPool(OpponentContext context, const CopyPool* copies)
    : context_(std::move(context)), copies_(copies), names_(context_.num_games) {}

void OpponentPool::set_mixture(std::vector<WeightedOpponent> mixture) {
  FS_CHECK(!mixture.empty(), "a mixture needs an opponent");
  for (const WeightedOpponent& entry : mixture) {
    FS_CHECK(entry.weight > 0.0, "opponent {} has the weight {}", entry.name, entry.weight);
    if (entry.name != kPastSelves) side(entry.name);
  }
  mixture_ = std::move(mixture);
}

OpponentPool::Side& OpponentPool::side(const std::string& name) {
  Side& side = sides_[name];
  if (!side.opponent) {
    const bool is_copy = copies_ != nullptr && CopyPool::is_copy(name);
    side.opponent = is_copy ? copies_->make(name, context_) : make_opponent(name, context_);
  }
  return side;
}

std::string OpponentPool::draw(std::uint64_t seed) const {
  FS_CHECK(!mixture_.empty(), "no opponents were set");
  const bool has_copies = copies_ != nullptr && !copies_->empty();
  std::vector<WeightedOpponent> present = mixture_;
  std::erase_if(present,
                [&](const auto& entry) { return entry.name == kPastSelves && !has_copies; });
  FS_CHECK(!present.empty(), "only past selves to meet, and there are none yet");
  std::vector<double> weights;
  for (const WeightedOpponent& entry : present) weights.push_back(entry.weight);
  Rng rng(seed, "opponent");
  const std::string& chosen = present[choose_by_weight(weights, rng)].name;
  return chosen == kPastSelves ? copies_->draw(seed) : chosen;
}

void OpponentPool::begin_game(std::int64_t game, std::uint64_t seed) {
  begin_game_against(draw(seed), game, seed);
}

void OpponentPool::begin_game_against(const std::string& name, std::int64_t game,
                                      std::uint64_t seed) {
  leave(game);
  Side& chosen = side(name);
  names_[game] = name;
  chosen.games.insert(std::lower_bound(chosen.games.begin(), chosen.games.end(), game), game);
  chosen.opponent->begin_game(game, Rng(seed, "opponent's game").next_u64());
}

// Copies that have left the copies' pool are let go when their last game is over.
void OpponentPool::leave(std::int64_t game) {
  if (!names_[game].empty()) std::erase(sides_.at(names_[game]).games, game);
  if (copies_ == nullptr) return;
  std::erase_if(sides_, [this](const auto& entry) {
    const auto& [name, side] = entry;
    return side.games.empty() && CopyPool::is_copy(name) && !copies_->contains(name);
  });
}

void OpponentPool::catch_up(std::int64_t game, std::span<const float> observation) {
  sides_.at(names_[game]).opponent->catch_up(game, observation);
}

std::vector<std::string> OpponentPool::opponents() const {
  std::vector<std::string> names;
  for (const auto& [name, side] : sides_) names.push_back(name);
  return names;
}

void OpponentPool::prepare(const std::vector<std::string>& names) {
  for (const std::string& name : names) side(name);
}

// Files are numbered: an opponent's name may be a path.
void OpponentPool::save(const std::filesystem::path& folder) const {
  int number = 0;
  for (const auto& [name, side] : sides_) {
    side.opponent->save(folder, fmt::format("opponent_{}", number++));
  }
}

void OpponentPool::load(const std::filesystem::path& folder) {
  int number = 0;
  for (auto& [name, side] : sides_) {
    side.opponent->load(folder, fmt::format("opponent_{}", number++));
  }
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

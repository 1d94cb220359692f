#include "selfplay/mixture_opponent.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "selfplay/weighted_choice.h"

namespace foresight {

MixtureOpponent::MixtureOpponent(const std::vector<WeightedOpponent>& members,
                                 const OpponentContext& context)
    : observation_dim_(context.env.observation_dim),
      action_dim_(context.env.action_dim),
      chosen_(static_cast<std::size_t>(context.num_games), 0) {
  FS_CHECK(!members.empty(), "a mixture of nobody");
  for (const WeightedOpponent& member : members) {
    FS_CHECK(member.weight > 0.0, "{} has the weight {}", member.name, member.weight);
    weights_.push_back(member.weight);
    members_.push_back(make_opponent(member.name, context));
  }
}

void MixtureOpponent::begin_game(std::int64_t game, std::uint64_t seed) {
  Rng rng(seed, "member of a mixture");
  chosen_[game] = choose_by_weight(weights_, rng);
  members_[chosen_[game]]->begin_game(game, rng.next_u64());
}

void MixtureOpponent::act(std::span<const std::int64_t> games, std::span<const float> observations,
                          std::span<float> actions) {
  FS_CHECK(observations.size() == games.size() * observation_dim_ &&
               actions.size() == games.size() * action_dim_,
           "{} games, {} observation and {} action numbers", games.size(), observations.size(),
           actions.size());
  for (std::size_t member = 0; member < members_.size(); ++member) {
    act_member(member, games, observations, actions);
  }
}

void MixtureOpponent::act_member(std::size_t member, std::span<const std::int64_t> games,
                                 std::span<const float> observations, std::span<float> actions) {
  rows_.clear();
  gathered_games_.clear();
  gathered_observations_.clear();
  for (std::size_t row = 0; row < games.size(); ++row) {
    if (chosen_[games[row]] != member) continue;
    rows_.push_back(row);
    gathered_games_.push_back(games[row]);
    const auto seen = observations.subspan(row * observation_dim_, observation_dim_);
    gathered_observations_.insert(gathered_observations_.end(), seen.begin(), seen.end());
  }
  if (rows_.empty()) return;
  gathered_actions_.resize(rows_.size() * action_dim_);
  members_[member]->act(gathered_games_, gathered_observations_, gathered_actions_);
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    std::copy_n(gathered_actions_.begin() + k * action_dim_, action_dim_,
                actions.begin() + rows_[k] * action_dim_);
  }
}

void MixtureOpponent::catch_up(std::int64_t game, std::span<const float> observation) {
  members_[chosen_[game]]->catch_up(game, observation);
}

void MixtureOpponent::save(const std::filesystem::path& folder, const std::string& name) const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    members_[i]->save(folder, fmt::format("{}_member_{}", name, i));
  }
}

void MixtureOpponent::load(const std::filesystem::path& folder, const std::string& name) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    members_[i]->load(folder, fmt::format("{}_member_{}", name, i));
  }
}

}  // namespace foresight

#include "selfplay/model_opponent.h"

#include <algorithm>

#include "agent/model_card.h"
#include "base/error.h"

namespace foresight {

ModelOpponent::ModelOpponent(const std::filesystem::path& folder, bool use_planner,
                             const OpponentContext& context)
    : observation_dim_(context.env.observation_dim),
      action_dim_(context.env.action_dim),
      agent_(load_agent(folder, read_model_card(folder), context.env)),
      actor_(agent_->make_actor({.num_games = context.num_games,
                                 .explore = false,
                                 .use_planner = use_planner,
                                 .keep_traces = false,
                                 .seed = context.seed})),
      observations_(context.num_games * observation_dim_),
      first_step_(context.num_games, 1),
      actions_(context.num_games * action_dim_) {}

void ModelOpponent::begin_game(std::int64_t game, std::uint64_t) { first_step_[game] = 1; }

void ModelOpponent::act(std::span<const std::int64_t> games, std::span<const float> observations,
                        std::span<float> actions) {
  FS_CHECK(observations.size() == games.size() * observation_dim_ &&
               actions.size() == games.size() * action_dim_,
           "{} games, {} observation and {} action numbers", games.size(), observations.size(),
           actions.size());
  if (games.empty()) return;
  for (std::size_t row = 0; row < games.size(); ++row) {
    std::copy_n(observations.begin() + row * observation_dim_, observation_dim_,
                observations_.begin() + games[row] * observation_dim_);
  }
  actor_->act_some(games, observations_, first_step_, actions_);
  for (std::size_t row = 0; row < games.size(); ++row) {
    std::copy_n(actions_.begin() + games[row] * action_dim_, action_dim_,
                actions.begin() + row * action_dim_);
    first_step_[games[row]] = 0;
  }
}

void ModelOpponent::catch_up(std::int64_t game, std::span<const float>) { first_step_[game] = 0; }

void ModelOpponent::save(const std::filesystem::path& folder, const std::string& name) const {
  actor_->save(folder, name);
}

void ModelOpponent::load(const std::filesystem::path& folder, const std::string& name) {
  actor_->load(folder, name);
}

}  // namespace foresight

#include "train/training_actors.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {

TrainingActors::TrainingActors(Agent& agent, const EnvSpec& spec, std::int64_t num_games,
                               double plan_share,
                               const std::function<std::uint64_t(std::string_view)>& seed_of)
    : observation_dim_(spec.observation_dim),
      action_dim_(spec.action_dim),
      begins_(static_cast<std::size_t>(num_games), 1) {
  const auto num_planned =
      static_cast<std::int64_t>(std::llround(plan_share * static_cast<double>(num_games)));
  const auto add = [&](std::int64_t first, std::int64_t count, bool use_planner, const char* name) {
    if (count == 0) return;
    auto actor = agent.make_actor({.num_games = count,
                                   .explore = true,
                                   .use_planner = use_planner,
                                   .keep_traces = false,
                                   .seed = seed_of(name)});
    groups_.push_back({std::move(actor), first, count, name});
  };
  add(0, num_planned, true, "actor");
  add(num_planned, num_games - num_planned, false, "policy_actor");
}

void TrainingActors::act(const Games& games, std::span<float> actions, MetricWindow& window) {
  const auto first_step = games.first_step();
  for (std::size_t game = 0; game < begins_.size(); ++game) begins_[game] |= first_step[game];
  const auto images = games.images();
  const std::size_t image_size = images.size() / begins_.size();
  for (Group& group : groups_) {
    if (!images.empty()) {
      group.actor->see(images.subspan(group.first_game * image_size, group.num_games * image_size));
    }
    group.actor->act(
        games.observations().subspan(group.first_game * observation_dim_,
                                     group.num_games * observation_dim_),
        std::span(begins_).subspan(group.first_game, group.num_games),
        actions.subspan(group.first_game * action_dim_, group.num_games * action_dim_));
    window.add(group.actor->metrics());
  }
  std::fill(begins_.begin(), begins_.end(), std::uint8_t{0});
}

void TrainingActors::save(const std::filesystem::path& folder) const {
  for (const Group& group : groups_) group.actor->save(folder, group.name);
}

void TrainingActors::load(const std::filesystem::path& folder) {
  for (Group& group : groups_) group.actor->load(folder, group.name);
}

void TrainingActors::set_begins(const std::vector<std::uint8_t>& begins) {
  if (begins.size() != begins_.size()) {
    fail("the checkpoint has {} games, the config {} (train.num_games)", begins.size(),
         begins_.size());
  }
  begins_ = begins;
}

}  // namespace foresight

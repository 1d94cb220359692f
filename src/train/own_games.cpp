#include "train/own_games.h"

#include "base/profile.h"
#include "base/rng.h"
#include "train/recorded_data.h"

namespace foresight {
namespace {

std::uint64_t seed_of(const Experiment& experiment) {
  return static_cast<std::uint64_t>(experiment.config.seed);
}

}  // namespace

OwnGames::OwnGames(const Experiment& experiment, Agent& agent, const CopyPool& copies)
    : is_offline_(learns_from_data(experiment.config)),
      games_(experiment, &copies),
      actors_(agent, experiment.env_spec, experiment.config.train.num_games,
              experiment.config.train.plan_share,
              [&](std::string_view name) { return Rng(seed_of(experiment), name).next_u64(); }),
      seed_action_rng_(seed_of(experiment), "seed actions"),
      actions_(games_.num_games() * games_.spec().action_dim) {}

void OwnGames::save(const std::filesystem::path& folder, LoopState& state) const {
  state.seed_actions = seed_action_rng_.state();
  state.actor_begins = actors_.begins();
  actors_.save(folder);
  if (!is_offline_) games_.save(folder);
}

void OwnGames::load(const std::filesystem::path& folder, const LoopState& state) {
  if (!is_offline_ && !Games::are_in(folder)) {
    games_.begin(static_cast<std::size_t>(state.phase),
                 state.episodes - state.phase_begin_episodes);
    return;
  }
  if (!is_offline_) games_.load(folder);
  actors_.load(folder);
  actors_.set_begins(state.actor_begins);
  seed_action_rng_.set_state(state.seed_actions);
}

void OwnGames::play(Actions actions, SpeedMeter& speed, MetricWindow& window) {
  if (actions == Actions::kRandom) {
    for (float& action : actions_) {
      action = static_cast<float>(seed_action_rng_.uniform(-1.0, 1.0));
    }
  } else {
    const auto watch = speed.act();
    actors_.act(games_, actions_, window);
  }
  const auto watch = speed.game();
  const ProfileScope scope("games");
  games_.step(actions_);
}

std::unique_ptr<StepSource> make_step_source(const StepSourceContext& context) {
  if (context.experiment.config.train.actors == 0) {
    return std::make_unique<OwnGames>(context.experiment, context.agent, context.copies);
  }
  return StepSourceRegistry::instance().find(kActorProcesses, "source of steps")(context);
}

}  // namespace foresight

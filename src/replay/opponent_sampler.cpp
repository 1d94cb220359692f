#include "replay/opponent_sampler.h"

#include <algorithm>

namespace foresight {

void sample_opponent_steps(const EpisodeStore& store, std::int64_t opponent, std::int64_t count,
                           Rng& rng, OpponentSteps& steps) {
  std::vector<const EpisodeStore::Stored*> episodes;
  std::vector<std::int64_t> ends;  // steps up to and with each of them
  std::int64_t total = 0;
  for (const EpisodeStore::Stored& episode : store.episodes()) {
    if (episode.opponent != opponent || episode.num_rows < 2) continue;
    total += episode.num_rows - 1;
    episodes.push_back(&episode);
    ends.push_back(total);
  }
  steps.count = std::min(count, total);
  steps.observations.clear();
  steps.opponent_actions.clear();
  for (std::int64_t i = 0; i < steps.count; ++i) {
    const auto draw = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(total)));
    const auto found = std::upper_bound(ends.begin(), ends.end(), draw);
    const EpisodeStore::Stored& episode = *episodes[static_cast<std::size_t>(found - ends.begin())];
    const std::int64_t row = episode.first_row + draw - (*found - (episode.num_rows - 1));
    const auto observation = store.observation(row);
    const auto action = store.opponent_action(row + 1);
    steps.observations.insert(steps.observations.end(), observation.begin(), observation.end());
    steps.opponent_actions.insert(steps.opponent_actions.end(), action.begin(), action.end());
  }
}

}  // namespace foresight

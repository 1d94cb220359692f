// Who plays for us in a tournament: a model or one of the bots.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/client_session.h"

namespace foresight {

struct TournamentPlayerOptions {
  std::int64_t num_places = 1;  // connections
  double deadline_ms = 200.0;   // of one plan
  bool use_planner = true;
  std::uint64_t seed = 1;
};

// `name`: a run (its best weights), a model's folder, a shipped model, or an opponent's word (weak,
// strong, ...). Error: none of them, or a model that plays something else than hockey.
std::unique_ptr<TournamentPlayer> make_tournament_player(const std::string& name,
                                                         const TournamentPlayerOptions& options);

}  // namespace foresight

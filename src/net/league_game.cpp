#include "net/league_game.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

std::unique_ptr<Env> make_hockey() {
  Table section;
  section.set("id", {std::string("hockey"), ""});
  section.set("keep_mode", {true, ""});
  section.set("start", {std::string("alternate"), ""});  // left for even seeds
  return make_env(section);
}

}  // namespace

LeagueGame::LeagueGame(std::uint64_t seed, std::int64_t num_rounds)
    : env_(make_hockey()), seed_(seed), num_rounds_(num_rounds) {
  actions_.resize(static_cast<std::size_t>(2 * env_->spec().action_dim));
  begin_round();
}

void LeagueGame::begin_round() {
  const std::uint64_t layout =
      Rng(seed_, "league round", static_cast<std::uint64_t>(round_)).next_u64() >> 1;
  const std::uint64_t starts = (seed_ + static_cast<std::uint64_t>(round_)) % 2;
  // The env's layout comes from a 32-bit generator's seed; the last bit says who starts.
  env_->reset((layout & 0x7ffffffe) | starts);
}

void LeagueGame::play(std::span<const float> left, std::span<const float> right) {
  FS_CHECK(!is_over(), "the game is over");
  FS_CHECK(left.size() + right.size() == actions_.size(), "actions of {} and {} numbers",
           left.size(), right.size());
  std::ranges::copy(left, actions_.begin());
  std::ranges::copy(right, actions_.begin() + std::ssize(left));
  const StepResult result = env_->step(actions_);
  ++steps_;
  if (!result.over()) return;
  if (result.outcome != Outcome::kNone) ++score_[result.outcome == Outcome::kWin ? 0 : 1];
  ++round_;
  if (!is_over()) begin_round();
}

}  // namespace foresight

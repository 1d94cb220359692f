#include "train/loop_state.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace foresight {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RngState, key, stream, counter)
// Found by the macro below through the namespace.
void to_json(nlohmann::json& json, const MetricWindow::Sum& sum) { json = {sum.total, sum.count}; }
void from_json(const nlohmann::json& json, MetricWindow::Sum& sum) {
  sum = {json.at(0), json.at(1)};
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WinRates::Record, score, games)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CopyPool::State, numbers, num_copies, last_copy_episode,
                                   games_since_copy, win_rates)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LoopState, num_ranks, split, steps, episodes, lost_episodes,
                                   lost_steps, updates, update_credit, is_pretrained, time_s, phase,
                                   phase_begin_steps, phase_begin_episodes, last_log_steps,
                                   last_eval_steps, has_best, best_score, has_return,
                                   episode_return, seed_actions, actor_begins, results, window,
                                   copies)

namespace {
constexpr const char* kFile = "loop.json";
}  // namespace

void write_loop_state(const std::filesystem::path& folder, const LoopState& state) {
  std::ofstream out(folder / kFile);
  out << nlohmann::json(state).dump(1) << '\n';
  if (!out.flush()) fail("cannot write {}", (folder / kFile).string());
}

std::string copies_to_json(const CopyPool::State& copies) { return nlohmann::json(copies).dump(); }

CopyPool::State copies_from_json(const std::string& text) {
  try {
    return nlohmann::json::parse(text).get<CopyPool::State>();
  } catch (const nlohmann::json::exception& problem) {
    fail("past selves: {}", problem.what());
  }
}

LoopState read_loop_state(const std::filesystem::path& folder) {
  std::ifstream in(folder / kFile);
  if (!in) fail("{}: no checkpoint here", folder.string());
  try {
    auto json = nlohmann::json::parse(in);
    // Checkpoints from before there were ranks, and environments that break.
    json.emplace("num_ranks", 1);
    json.emplace("split", 0);
    json.emplace("lost_episodes", 0);
    json.emplace("lost_steps", 0);
    // And from before there was self-play.
    if (json.is_object() && !json.contains("copies")) json["copies"] = CopyPool::State{};
    return json.get<LoopState>();
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: {}", (folder / kFile).string(), problem.what());
  }
}

}  // namespace foresight

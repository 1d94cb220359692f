// Saving and loading the games in progress.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/safetensors.h"
#include "train/games.h"
#include "train/phased_env.h"

namespace foresight {

namespace fs = std::filesystem;

struct Games::SavedGame {
  std::size_t phase = 0;            // in which it began
  std::int64_t phase_episodes = 0;  // of it, over by then
  std::uint64_t num_episodes = 0;   // begun by this game, this one too
  std::string opponent;
};

namespace {

constexpr const char* kFile = "games.json";
constexpr const char* kActionsFile = "games.safetensors";

std::string actions_name(std::int64_t game) { return fmt::format("actions.{}", game); }

nlohmann::json read_json(const fs::path& path) {
  std::ifstream in(path);
  if (!in) fail("{}: cannot be read", path.string());
  return nlohmann::json::parse(in);
}

}  // namespace

void Games::save(const fs::path& folder) const {
  nlohmann::ordered_json games = nlohmann::ordered_json::array();
  SafetensorsWriter writer;
  const std::int64_t width = spec_.num_players * spec_.action_dim;
  for (std::int64_t game = 0; game < num_games(); ++game) {
    games.push_back({{"phase", phases_begun_in_[game]},
                     {"phase_episodes", begun_at_[game]},
                     {"episodes", vec_->num_episodes()[game]},
                     {"opponent", running_[game].opponent}});
    writer.add(actions_name(game), {std::ssize(history_[game]) / width, width}, history_[game]);
  }
  writer.add("observations", {num_games(), spec_.observation_dim}, observations_);
  writer.write(folder / kActionsFile);

  nlohmann::ordered_json state{
      {"phase", phase_}, {"phase_episodes", phase_episodes_}, {"games", games}};
  if (opponents_) {
    state["opponents"] = opponents_->opponents();
    opponents_->save(folder);
  }
  std::ofstream out(folder / kFile);
  out << state.dump(1) << '\n';
  if (!out.flush()) fail("cannot write {}", (folder / kFile).string());
}

bool Games::are_in(const fs::path& folder) { return fs::exists(folder / kFile); }

void Games::load(const fs::path& folder) {
  const fs::path path = folder / kFile;
  const auto file = SafetensorsFile::open(folder / kActionsFile);
  const std::int64_t width = spec_.num_players * spec_.action_dim;
  try {
    const auto state = read_json(path);
    const auto& games = state.at("games");
    if (std::ssize(games) != num_games()) {
      fail("{}: it has {} games, the config {} (train.num_games)", path.string(), games.size(),
           num_games());
    }
    phase_ = state.at("phase");
    phase_episodes_ = state.value("phase_episodes", std::int64_t{0});
    if (opponents_) opponents_->prepare(state.at("opponents").get<std::vector<std::string>>());
    for (std::int64_t game = 0; game < num_games(); ++game) {
      const auto& saved = games[static_cast<std::size_t>(game)];
      const SavedGame start{.phase = saved.at("phase"),
                            .phase_episodes = saved.value("phase_episodes", std::int64_t{0}),
                            .num_episodes = saved.at("episodes"),
                            .opponent = saved.at("opponent")};
      const std::size_t num_phases = phases_.size();
      if (start.phase >= num_phases || phase_ >= num_phases || start.num_episodes == 0) {
        fail("{}: game {} is in phase {} of {}", path.string(), game, start.phase, num_phases);
      }
      const TensorView& view = file.at(actions_name(game));
      if (view.shape.size() != 2 || view.shape[1] != width) {
        fail("{}: actions of game {}: expected rows of {}", file.file_name(), game, width);
      }
      play_again(game, start, to_floats(view));
    }
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: {}", path.string(), problem.what());
  }
  if (opponents_) {
    opponents_->set_mixture(phases_[phase_].opponents);
    opponents_->load(folder);
  }
  const auto reached =
      to_floats(file.at("observations", DType::kF32, {num_games(), spec_.observation_dim}));
  for (std::int64_t game = 0; game < num_games(); ++game) {
    const bool is_whole = running_[game].length * width == std::ssize(history_[game]);
    if (is_whole && std::ranges::equal(row(observations_, game, spec_.observation_dim),
                                       row(reached, game, spec_.observation_dim))) {
      continue;
    }
    const std::string reason = fmt::format(
        "{}: game {} played again from its start does not reach the same observation after {} "
        "steps: the environment is not deterministic, or another version of it",
        path.string(), game, running_[game].length);
    if (!spec_.is_external) throw Error(reason);
    lose(game, reason);
  }
}

void Games::play_again(std::int64_t game, const SavedGame& saved, std::span<const float> actions) {
  const Phase& phase = phases_[saved.phase];
  // They were made for the beginning of phase 0.
  if (saved.phase != 0 || !phase.shaping.empty()) {
    envs_[game]->become(make_env(env_at(phase.env, phase.shaping, saved.phase_episodes)));
  }
  std::vector<std::uint64_t> counts(vec_->num_episodes().begin(), vec_->num_episodes().end());
  counts[game] = saved.num_episodes - 1;
  vec_->set_num_episodes(counts);
  if (opponents_) {
    opponents_->begin_game_against(saved.opponent, game, episode_seed(seed_, game, counts[game]));
  }
  phases_begun_in_[game] = saved.phase;
  begun_at_[game] = saved.phase_episodes;
  note_beginning(game, saved.opponent);
  finished_.clear();
  const std::int64_t width = spec_.num_players * spec_.action_dim;
  bool is_over = false;
  for (auto left = actions; !left.empty() && !is_over; left = left.subspan(width)) {
    if (opponents_) opponents_->catch_up(game, vec_->observation(game, 1));
    std::ranges::copy(left.first(width), vec_->actions().begin() + game * width);
    vec_->step(game);
    note_step(game);
    is_over = vec_->broken()[game] || !finished_.empty();
    first_step_[game] = 0;
  }
  finished_.clear();
  std::ranges::copy(vec_->observation(game, 0),
                    observations_.begin() + game * spec_.observation_dim);
  copy_image(game, images_);
  history_[game].assign(actions.begin(), actions.end());
  // What the next phase brings, begins with the next episode.
  if (saved.phase != phase_) envs_[game]->become(make_env(phases_[phase_].env));
}

}  // namespace foresight

#include "cli/tournament_players.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/model_card.h"
#include "base/error.h"
#include "base/rng.h"
#include "env/env.h"
#include "net/tournament_protocol.h"
#include "selfplay/opponent.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

// An actor for each connection: games of a tournament keep no common time, and an actor of several
// games would think for all of them at every step of one.
class AgentPlayer : public TournamentPlayer {
 public:
  AgentPlayer(std::unique_ptr<Agent> agent, const TournamentPlayerOptions& options)
      : agent_(std::move(agent)) {
    for (std::int64_t place = 0; place < options.num_places; ++place) {
      actors_.push_back(agent_->make_actor(
          {.num_games = 1,
           .explore = false,
           .use_planner = options.use_planner,
           .keep_traces = false,
           .seed = Rng(options.seed, "tournament", static_cast<std::uint64_t>(place)).next_u64()}));
    }
    warm_up();
  }

  void begin_game(std::int64_t) override {}  // its first step says so

  void act(std::int64_t place, bool is_first_step, std::span<const float> observation,
           std::span<float> action) override {
    const std::array<std::uint8_t, 1> first_step{static_cast<std::uint8_t>(is_first_step)};
    actors_[place]->act(observation, first_step, action);
  }

 private:
  // The first plan of a process takes much longer than all others: not in a game.
  void warm_up() {
    const std::array<float, tournament::kObservationDim> observation{-3, 0, 0, 0, 0, 0, 3};
    std::array<float, tournament::kActionDim> action{};
    for (std::int64_t place = 0; place < std::ssize(actors_); ++place) {
      act(place, /*is_first_step=*/true, observation, action);
    }
  }

  std::unique_ptr<Agent> agent_;
  std::vector<std::unique_ptr<Actor>> actors_;
};

class BotPlayer : public TournamentPlayer {
 public:
  BotPlayer(std::unique_ptr<Opponent> bot, std::uint64_t seed)
      : bot_(std::move(bot)), seeds_(seed, "tournament bot") {}

  void begin_game(std::int64_t place) override { bot_->begin_game(place, seeds_.next_u64()); }

  void act(std::int64_t place, bool, std::span<const float> observation,
           std::span<float> action) override {
    const std::array<std::int64_t, 1> games{place};
    bot_->act(games, observation, action);
  }

 private:
  std::unique_ptr<Opponent> bot_;
  Rng seeds_;
};

EnvSpec tournament_spec() {
  Table section;
  section.set("id", {std::string("hockey"), ""});
  return make_env(section)->spec();
}

bool is_bot(const std::string& name) {
  const auto bots = OpponentRegistry::instance().names();
  return std::ranges::find(bots, name) != bots.end();
}

// Says which word was meant, bots included.
std::filesystem::path find_player_model(const std::string& name) {
  try {
    return find_run_or_model(name);
  } catch (const Error& problem) {
    std::string words;
    for (const std::string& bot : OpponentRegistry::instance().names()) {
      words += (words.empty() ? "" : ", ") + bot;
    }
    fail("{}\n  bots: {}", problem.what(), words);
  }
}

}  // namespace

std::unique_ptr<TournamentPlayer> make_tournament_player(const std::string& name,
                                                         const TournamentPlayerOptions& options) {
  const EnvSpec hockey = tournament_spec();
  if (is_bot(name)) {
    auto bot =
        make_opponent(name, {.env = hockey, .num_games = options.num_places, .seed = options.seed});
    return std::make_unique<BotPlayer>(std::move(bot), options.seed);
  }
  const auto folder = find_player_model(name);
  ModelCard card = read_model_card(folder);
  const EnvSpec spec = make_env(card.env)->spec();
  if (spec.id != hockey.id || spec.observation_dim != hockey.observation_dim ||
      spec.action_dim != hockey.action_dim) {
    fail(
        "{} plays {} with {} observations and {} actions, the tournament {} with {} and {}\n  "
        "choose a model trained on hockey (see: foresight list models)",
        name, spec.id, spec.observation_dim, spec.action_dim, hockey.id, hockey.observation_dim,
        hockey.action_dim);
  }
  if (card.agent.contains("planner")) {
    apply_override(card.agent, fmt::format("planner.deadline_ms={}", options.deadline_ms));
  }
  return std::make_unique<AgentPlayer>(load_agent(folder, card, spec), options);
}

}  // namespace foresight

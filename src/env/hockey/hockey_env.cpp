#include "env/hockey/hockey_env.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "env/hockey/hockey_field.h"

namespace foresight {
namespace {

constexpr std::array kBothSides{HockeySide::kLeft, HockeySide::kRight};

HockeyMode mode_from(const std::string& name) {
  if (name == "shooting") return HockeyMode::kShooting;
  if (name == "defense") return HockeyMode::kDefense;
  return HockeyMode::kNormal;
}

EnvSpec spec_from(const HockeyEnvConfig& config) {
  EnvSpec spec;
  spec.id = config.id;
  const bool has_counters = config.keep_mode || config.pad_observation;
  spec.observation_dim = has_counters ? 18 : 16;
  spec.action_dim = has_counters ? 4 : 3;
  spec.num_players = 2;
  const std::int64_t game_steps = HockeyRules::max_steps(mode_from(config.mode)) + 1;
  spec.max_episode_steps = config.max_steps > 0 ? config.max_steps : game_steps;
  spec.can_terminate = true;
  spec.rewards_opponent = true;
  spec.reward_terms = {"outcome", "closeness", "touch", "direction"};
  spec.observation_names = {"own x",       "own y",    "own angle", "own vx",
                            "own vy",      "own spin", "other x",   "other y",
                            "other angle", "other vx", "other vy",  "other spin",
                            "puck x",      "puck y",   "puck vx",   "puck vy"};
  if (has_counters) {
    spec.observation_names.insert(spec.observation_names.end(), {"own hold", "other hold"});
  }
  return spec;
}

// `shape` as it lies with its body at (x, y), turned by `angle`.
SceneShape place(const FieldShape& shape, double x, double y, double angle) {
  SceneShape placed;
  placed.color = shape.color;
  placed.radius = shape.radius;
  if (shape.radius > 0) placed.points.push_back({x, y});
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  for (const auto& vertex : shape.vertices) {
    placed.points.push_back({x + c * vertex.x - s * vertex.y, y + s * vertex.x + c * vertex.y});
  }
  return placed;
}

}  // namespace

void HockeyEnvConfig::visit(FieldVisitor& v) {
  constexpr Range kWeight{-1000, 1000};
  v.field("id", id, {}, "which environment");
  v.field("mode", mode, {"normal", "shooting", "defense"},
          "a whole game, or a drill of the left player");
  v.field("start", start, {"alternate", "left", "right", "random"},
          "who has the puck in a normal game: alternate is left for even seeds");
  v.field("keep_mode", keep_mode, "a racket may hold the puck for 15 steps, then shoots it");
  v.field("pad_observation", pad_observation,
          "18 observations and 4 actions even without keep_mode");
  v.field("reward_outcome", reward_outcome, kWeight, "weight of the goal: +10 or -10");
  v.field("reward_closeness", reward_closeness, kWeight,
          "weight of the penalty for being far from a puck in the own half");
  v.field("reward_touch", reward_touch, kWeight, "weight of 1 for capturing the puck");
  v.field("reward_direction", reward_direction, kWeight,
          "weight of the puck's speed towards the other goal, about 1 in a game");
  v.field("max_steps", max_steps, {0, 100000},
          "where the clock cuts an episode; 0: where the game does, after 251 (drills 81) steps");
}

HockeyEnv::HockeyEnv(const Config& config)
    : config_(config),
      spec_(spec_from(config)),
      game_(mode_from(config.mode), config.keep_mode, std::uint64_t{0}) {}

bool HockeyEnv::left_starts(std::uint64_t seed) const {
  if (config_.start == "random") return Rng(seed, "hockey start").below(2) == 0;
  if (config_.start == "alternate") return seed % 2 == 0;
  return config_.start == "left";
}

void HockeyEnv::reset(std::uint64_t seed) {
  game_.forget_history();
  game_.reset(left_starts(seed), seed);
  game_.find_contacts();
  elapsed_steps_ = 0;
  is_over_ = false;
  update_observations();
}

StepResult HockeyEnv::step(std::span<const float> actions) {
  FS_CHECK(!is_over_, "the episode is over: reset first");
  FS_CHECK(std::ssize(actions) == 2 * spec_.action_dim, "{} actions where 2 x {} are needed",
           actions.size(), spec_.action_dim);
  for (const float action : actions) FS_CHECK(std::isfinite(action), "an action of {}", action);

  play(game_, actions);
  ++elapsed_steps_;
  update_observations();

  // A goal ends the game, the clock merely cuts it.
  const bool terminated = game_.winner() != 0;
  const bool truncated = !terminated && elapsed_steps_ >= spec_.max_episode_steps;
  is_over_ = terminated || truncated;
  const auto opponent_terms = reward_terms_of(HockeySide::kRight);
  return {.reward = update_reward(),
          .opponent_reward = static_cast<float>(
              std::accumulate(opponent_terms.begin(), opponent_terms.end(), 0.0)),
          .terminated = terminated,
          .truncated = truncated,
          .outcome = static_cast<Outcome>(game_.winner())};
}

void HockeyEnv::play(HockeyGame& game, std::span<const float> actions) const {
  std::array<double, 2 * HockeyGame::kMaxActionDim> numbers{};
  const int num_used = game.action_dim();
  for (int player = 0; player < 2; ++player) {
    for (int i = 0; i < num_used; ++i) {
      numbers[player * num_used + i] = actions[player * spec_.action_dim + i];
    }
  }
  game.step(std::span<const double>(numbers).first(2 * num_used));
}

void HockeyEnv::update_observations() {
  for (const auto side : kBothSides) {
    game_.observe(side, std::span<float>(observations_[static_cast<int>(side)]));
  }
}

std::array<double, 4> HockeyEnv::reward_terms_of(HockeySide side) const {
  const auto info = game_.info(side);
  return {config_.reward_outcome * game_.goal_reward(side),
          config_.reward_closeness * info.closeness, config_.reward_touch * info.touch,
          config_.reward_direction * info.direction};
}

float HockeyEnv::update_reward() {
  const auto terms = reward_terms_of(HockeySide::kLeft);
  double reward = 0.0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    reward += terms[i];
    reward_terms_[i] = static_cast<float>(terms[i]);
  }
  return static_cast<float>(reward);
}

std::span<const float> HockeyEnv::observation(int player) const {
  return std::span(observations_[player]).first(spec_.observation_dim);
}

bool HockeyEnv::describe_scene(Scene& scene) const {
  scene.width = HockeyRules::kWidth;
  scene.height = HockeyRules::kHeight;
  scene.pixels_per_unit = HockeyRules::kPixelsPerUnit;
  scene.clock = static_cast<double>(elapsed_steps_) * HockeyRules::kTimeStep;
  scene.time_limit = static_cast<double>(spec_.max_episode_steps) * HockeyRules::kTimeStep;
  scene.shapes.clear();
  for (const auto* shapes : {&field_decorations(), &field_walls()}) {
    for (const auto& shape : *shapes) {
      scene.shapes.push_back(place(shape, shape.position.x, shape.position.y, 0.0));
    }
  }
  for (const auto side : kBothSides) {
    const auto player = game_.player(side);
    scene.shapes.push_back(place(field_racket(side), player.x, player.y, player.angle));
  }
  const auto puck = game_.puck();
  scene.shapes.push_back(place(field_puck(), puck.x, puck.y, puck.angle));
  return true;
}

std::vector<ScenePoint> HockeyEnv::forecast(int player, std::span<const float> actions) const {
  HockeyGame scratch(game_.mode(), game_.keep_mode(), std::uint64_t{0});
  scratch.copy_state(game_);
  const auto side = kBothSides[player];
  std::vector<float> both(2 * spec_.action_dim);
  std::vector<ScenePoint> path;
  for (std::size_t i = 0; i + spec_.action_dim <= actions.size(); i += spec_.action_dim) {
    std::copy_n(actions.begin() + static_cast<std::ptrdiff_t>(i), spec_.action_dim,
                both.begin() + player * spec_.action_dim);
    play(scratch, both);
    const auto body = scratch.player(side);
    path.push_back({body.x, body.y});
  }
  return path;
}

FS_REGISTER_ENV("hockey", HockeyEnv,
                "laser hockey: two players push a puck into each other's goal");

}  // namespace foresight

// Laser hockey for agents: two players, actions in [-1, 1], a goal ends the game (`terminated`),
// the clock cuts it (`truncated`). Deviations from the original: it reports both ends alike; it
// goes on after the end, this refuses to; it carries a held puck and its world over to the next
// episode, here every reset depends on its seed alone. Source: martius-lab/hockey-env 2.6,
// hockey/hockey_env.py, HockeyEnv.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/hockey/hockey_game.h"

namespace foresight {

// With pad_observation a game without keep_mode still has 18 observations (both counters 0) and 4
// actions (shoot is ignored), so that a curriculum may switch keep_mode on.
struct HockeyEnvConfig {
  std::string id = "hockey";
  std::string mode = "normal";
  std::string start = "alternate";
  bool keep_mode = true;
  bool pad_observation = true;
  double reward_outcome = 1.0;
  double reward_closeness = 1.0;
  double reward_touch = 0.0;
  double reward_direction = 0.0;
  std::int64_t max_steps = 0;

  void visit(FieldVisitor& v);
};

class HockeyEnv final : public Env {
 public:
  using Config = HockeyEnvConfig;
  explicit HockeyEnv(const Config& config);

  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  // actions [2, A]: force x, force y, torque, shoot (above 0.5) of the left, then of the right
  // player, each as that player sees the field, so that one policy plays both sides. Finite
  // numbers; those outside of [-1, 1] are clipped.
  StepResult step(std::span<const float> actions) override;
  std::span<const float> observation(int player) const override;
  std::span<const float> reward_terms() const override { return reward_terms_; }
  bool describe_scene(Scene& scene) const override;
  // The racket's path in a copy of the game that starts from its present state.
  std::vector<ScenePoint> forecast(int player, std::span<const float> actions) const override;

  const HockeyGame& game() const { return game_; }

 private:
  bool left_starts(std::uint64_t seed) const;
  void play(HockeyGame& game, std::span<const float> actions) const;
  void update_observations();
  std::array<double, 4> reward_terms_of(HockeySide side) const;
  float update_reward();

  Config config_;
  EnvSpec spec_;
  HockeyGame game_;
  std::int64_t elapsed_steps_ = 0;
  bool is_over_ = true;
  std::array<std::array<float, HockeyGame::kMaxObservationDim>, 2> observations_{};
  std::array<float, 4> reward_terms_{};
};

}  // namespace foresight

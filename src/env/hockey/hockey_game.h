// The laser-hockey game exactly as its Python original plays it, bit for bit: two rackets, a puck,
// two goals, rewards, both observations. It goes on after the end and carries a held puck over to
// the next episode, as the original does; HockeyEnv is what agents play.
// Source: martius-lab/hockey-env 2.6, hockey/hockey_env.py, HockeyEnv.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "env/hockey/hockey_rules.h"
#include "env/hockey/numpy_rng.h"

namespace foresight {

class HockeyWorld;  // the engine's side of the game: env/hockey/hockey_world.h

// What `info` holds in the original, as one side sees it.
struct HockeyInfo {
  int winner = 0;          // +1 this side, -1 the other, 0 nobody (yet)
  double closeness = 0.0;  // <= 0: distance to a puck that lies in the own half and is not leaving
  double touch = 0.0;      // 1 in the step that captures the puck
  double direction = 0.0;  // puck speed towards the other goal, scaled by the length of the game
};

// Position of the body's origin (not its centre of mass), world frame.
struct HockeyBody {
  float x = 0.0f;
  float y = 0.0f;
  float angle = 0.0f;  // radians, never wrapped
  float vx = 0.0f;     // units / s
  float vy = 0.0f;
  float angular_velocity = 0.0f;  // radians / s
  bool is_awake = true;
};

class HockeyGame {
 public:
  static constexpr int kMaxObservationDim = 18;
  static constexpr int kMaxActionDim = 4;

  // Like the original's constructor, this resets once with the left side starting. Without a seed
  // the layout comes from the operating system's entropy.
  HockeyGame(HockeyMode mode, bool keep_mode, std::optional<std::uint64_t> seed = std::nullopt);
  HockeyGame(HockeyMode mode, bool keep_mode, UniformSource& draws);
  ~HockeyGame();
  HockeyGame(HockeyGame&&) noexcept;
  HockeyGame& operator=(HockeyGame&&) noexcept;

  // `left_starts` matters in normal mode only; nothing: the other side than last time. The counters
  // of a held puck are not cleared and the engine's world is used again, as in the original.
  void reset(std::optional<bool> left_starts, std::optional<std::uint64_t> seed);
  void reset(std::optional<bool> left_starts, UniformSource& draws);
  // Makes the next reset independent of everything before: a new world, both counters 0.
  void forget_history();
  // Does what the first step would begin with, after which no step allocates memory. A set_state()
  // must come before, as the engine would then find other contacts first.
  void find_contacts();
  // Takes effect at the next reset.
  void set_mode(HockeyMode mode) { mode_ = mode; }

  // 8 numbers with keep_mode, else 6: per player force x, force y, torque (, shoot above 0.5), left
  // player first, clipped to [-1, 1]. Allowed after the end: the game goes on, the goal pays again.
  void step(std::span<const double> action);

  // An observation() of the left side: 18 numbers with keep_mode, else 16. Time, winner, puck angle
  // and spin, damping and contacts stay.
  void set_state(std::span<const double> state);
  // Positions, velocities, counters, clock and winner of `other`, which has the same keep_mode.
  // Contacts and their impulses are found anew, so what follows may differ in the last bits.
  void copy_state(const HockeyGame& other);

  HockeyMode mode() const { return mode_; }
  bool keep_mode() const;
  int observation_dim() const { return keep_mode() ? 18 : 16; }
  int action_dim() const { return keep_mode() ? 4 : 3; }
  bool left_starts() const { return left_starts_; }
  int max_steps() const { return max_steps_; }
  int elapsed_steps() const { return elapsed_steps_; }
  bool done() const;
  int winner() const;  // +1 left, -1 right, 0 nobody

  // [observation_dim()] own racket x, y, angle, vx, vy, w; the other's; puck x, y, vx, vy (, steps
  // left to hold the puck: own, the other's). Relative to the centre, the right side's view rotated
  // by half a turn. Every number is a float, so both forms hold the same values.
  void observe(HockeySide side, std::span<double> observation) const;
  void observe(HockeySide side, std::span<float> observation) const;

  HockeyInfo info(HockeySide side) const;
  // Goal (+-10, in every step after it) plus closeness.
  double reward(HockeySide side) const;
  // The first part of reward().
  double goal_reward(HockeySide side) const;

  HockeyBody player(HockeySide side) const;
  HockeyBody puck() const;
  // Steps this side may still hold the puck: 15 at capture, 0 when free.
  double has_puck(HockeySide side) const;
  // The force that the next step will apply to a puck in kDefense, in the engine's units.
  std::array<float, 2> pending_puck_force() const;
  // Contacts in which shapes overlap, goal sensors included.
  int num_touching_contacts() const;

 private:
  void begin_episode(std::optional<bool> left_starts);
  void place_bodies(UniformSource& draws);
  void aim_at_left_goal(double target_offset);
  void carry_or_shoot(HockeySide side, bool wants_shot);
  template <typename Number>
  void write_observation(HockeySide side, std::span<Number> observation) const;

  std::unique_ptr<HockeyWorld> world_;
  HockeyMode mode_;
  bool left_starts_ = true;
  int max_steps_ = 0;
  int elapsed_steps_ = 0;
  std::array<float, 2> pending_puck_force_{};
};

}  // namespace foresight

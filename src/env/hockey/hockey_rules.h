// The numbers of the laser-hockey game, in its own units: a 10 x 8 field, 60 pixels a unit, y up.
// Source: martius-lab/hockey-env 2.6, hockey/hockey_env.py, constants at the head of the file.
#pragma once

#include <cstdint>
#include <numbers>

namespace foresight {

// NORMAL, TRAIN_SHOOTING and TRAIN_DEFENSE of the original, with its numbering.
enum class HockeyMode : std::int8_t { kNormal = 0, kShooting = 1, kDefense = 2 };

// kLeft is the original's player 1, kRight its player 2.
enum class HockeySide : std::int8_t { kLeft = 0, kRight = 1 };

struct HockeyRules {
  static constexpr double kTimeStep = 1.0 / 50.0;  // seconds
  static constexpr int kVelocityIterations = 180;
  static constexpr int kPositionIterations = 60;

  static constexpr double kPixelsPerUnit = 60.0;
  static constexpr double kWidth = 10.0;
  static constexpr double kHeight = 8.0;
  static constexpr double kCenterX = kWidth / 2;
  static constexpr double kCenterY = kHeight / 2;
  static constexpr double kZone = kWidth / 20;  // how far a player may enter the other half

  static constexpr double kMaxAngle = std::numbers::pi / 3;
  static constexpr double kMaxPlayerSpeed = 10.0;
  static constexpr double kMaxPuckSpeed = 25.0;
  static constexpr float kForce = 6000.0f;
  static constexpr double kTorque = 400.0;
  static constexpr float kShotSpeed = 60.0f;
  static constexpr double kHoldSteps = 15.0;  // a captured puck is shot by itself after these
  static constexpr double kGoalReward = 10.0;

  // The clock's limit; an episode lasts one step longer, because the original tests before
  // counting.
  static constexpr int max_steps(HockeyMode mode) { return mode == HockeyMode::kNormal ? 250 : 80; }
};

}  // namespace foresight

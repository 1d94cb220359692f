// Mixed precision on purpose: numpy computes a force in single precision, Python's own numbers in
// double, and every bit of the game depends on which is which.
#include "env/hockey/player_control.h"

#include <cmath>

namespace foresight {
namespace {

constexpr double kHomeReach = 210 / HockeyRules::kPixelsPerUnit;  // from the centre line
constexpr double kBorderMargin = 1.2;                             // to the long walls
constexpr float kDampingFree = 5.0f;
constexpr float kDampingBraked = 20.0f;
constexpr float kAngularDampingFree = 2.0f;
constexpr float kAngularDampingBeyond = 10.0f;

double length(double x, double y) { return std::sqrt(x * x + y * y); }

// A force that would push the racket out of its half is dropped, and the velocity with it. (The
// original means to brake, but reads the velocity after having cleared it.)
void stop_at_borders(b2Body& player, HockeySide side, b2Vec2& force) {
  const bool is_left = side == HockeySide::kLeft;
  const double x = player.GetPosition().x;
  const double y = player.GetPosition().y;
  b2Vec2 velocity = player.GetLinearVelocity();
  const bool leaves_x = (is_left && x < HockeyRules::kCenterX - kHomeReach && force.x < 0) ||
                        (!is_left && x > HockeyRules::kCenterX + kHomeReach && force.x > 0) ||
                        (is_left && x > HockeyRules::kCenterX && force.x > 0) ||
                        (!is_left && x < HockeyRules::kCenterX && force.x < 0);
  if (leaves_x) velocity.x = 0.0f;
  if (leaves_x) force.x = -0.0f;
  const bool leaves_y = (y > HockeyRules::kHeight - kBorderMargin && force.y > 0) ||
                        (y < kBorderMargin && force.y < 0);
  if (leaves_y) velocity.y = 0.0f;
  if (leaves_y) force.y = -0.0f;
  if (leaves_x || leaves_y) player.SetLinearVelocity(velocity);
}

void apply(b2Body& player, HockeySide side, b2Vec2 force, float damping) {
  player.SetLinearDamping(damping);
  stop_at_borders(player, side, force);
  player.ApplyForceToCenter(force, /*wake=*/true);
}

// Near and beyond the centre line the racket is thrown back.
float centre_line_force(const b2Body& player, HockeySide side) {
  const bool is_left = side == HockeySide::kLeft;
  const double vx = player.GetLinearVelocity().x;
  const double mass = player.GetMass();
  float force = 0.0f;
  if (is_left ? vx > 0 : vx < 0) {
    force = static_cast<float>(-2 * vx * mass / HockeyRules::kTimeStep);
  }
  const double sign = is_left ? -1 : 1;
  const double depth = player.GetPosition().x - HockeyRules::kCenterX;
  return force + static_cast<float>(sign * depth * vx * mass / HockeyRules::kTimeStep);
}

}  // namespace

void push_player(b2Body& player, HockeySide side, b2Vec2 action) {
  const bool is_left = side == HockeySide::kLeft;
  const float direction = is_left ? 1.0f : -1.0f;
  b2Vec2 force(direction * action.x * HockeyRules::kForce,
               direction * action.y * HockeyRules::kForce);

  const double x = player.GetPosition().x;
  const bool is_at_centre = is_left ? x > HockeyRules::kCenterX - HockeyRules::kZone
                                    : x < HockeyRules::kCenterX + HockeyRules::kZone;
  if (is_at_centre) {
    force.x = centre_line_force(player, side);
    apply(player, side, force, kDampingBraked);
    return;
  }

  const double vx = player.GetLinearVelocity().x;
  const double vy = player.GetLinearVelocity().y;
  const double speed = length(vx, vy);
  if (speed < HockeyRules::kMaxPlayerSpeed) {
    apply(player, side, force, kDampingFree);
    return;
  }

  // Too fast: only a force that slows down is let through.
  constexpr auto kStep = static_cast<float>(HockeyRules::kTimeStep);
  const float gain_x = kStep * force.x / player.GetMass();
  const float gain_y = kStep * force.y / player.GetMass();
  player.SetLinearDamping(kDampingBraked);
  if (length(vx + gain_x, vy + gain_y) < speed) apply(player, side, force, kDampingBraked);
}

void turn_player(b2Body& player, float action) {
  const double angle = player.GetAngle();
  double torque = action * static_cast<float>(HockeyRules::kTorque);
  if (std::abs(angle) > HockeyRules::kMaxAngle) {
    const double spin = player.GetAngularVelocity();
    const double mass = player.GetMass();  // the original takes the mass for the inertia
    torque = 0.0;
    if (angle * spin > 0) torque = -0.1 * spin * mass / HockeyRules::kTimeStep;
    torque += -0.1 * angle * mass / HockeyRules::kTimeStep;
    player.SetAngularDamping(kAngularDampingBeyond);
  } else {
    player.SetAngularDamping(kAngularDampingFree);
  }
  player.ApplyTorque(static_cast<float>(torque), /*wake=*/true);
}

}  // namespace foresight

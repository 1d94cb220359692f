// The shapes of the field as plain data: the engine's world is built from them, pictures show them.
// Lengths in the game's units; every list is in the original's creation order.
// Source: martius-lab/hockey-env 2.6, hockey_env.py, _create_world, _create_goal, RACKETPOLY.
#pragma once

#include <vector>

#include "env/hockey/hockey_rules.h"
#include "env/scene.h"

namespace foresight {

// One shape around the origin of a body that stands at `position`: a circle if `radius` is
// positive.
struct FieldShape {
  ScenePoint position;
  std::vector<ScenePoint> vertices;
  double radius = 0.0;
  SceneColor color;
};

// Markings on the ice; nothing collides with them.
const std::vector<FieldShape>& field_decorations();
const std::vector<FieldShape>& field_walls();
// Behind the left, then the right player; not drawn in the original.
const std::vector<FieldShape>& field_goals();
// At the place where a normal game begins.
const FieldShape& field_racket(HockeySide side);
const FieldShape& field_puck();

}  // namespace foresight

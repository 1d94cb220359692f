// What a player's three numbers do to its racket. Private to env/hockey: includes the engine.
// Source: martius-lab/hockey-env 2.6, hockey_env.py, _apply_translation_action_with_max_speed,
// _check_boundaries, _apply_rotation_action_with_max_speed.
#pragma once

#include <Box2D/Box2D.h>

#include "env/hockey/hockey_rules.h"

namespace foresight {

// action: force in [-1, 1]^2 as the player sees the field. May stop the racket at a border at once.
void push_player(b2Body& player, HockeySide side, b2Vec2 action);

// action: torque in [-1, 1]; beyond +-60 degrees a spring answers instead.
void turn_player(b2Body& player, float action);

}  // namespace foresight

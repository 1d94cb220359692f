// A flat picture of a MuJoCo simulation: every visible geom's outline, seen from the side or from
// above. No perspective, no light: enough to see what a body does.
#pragma once

#include "env/dmcontrol/dmcontrol_task.h"
#include "env/scene.h"

namespace foresight {

// Fills all of `scene` but its clock. The picture follows the body "torso", if there is one.
void describe(const MujocoPhysics& physics, SceneView view, Scene& scene);

}  // namespace foresight

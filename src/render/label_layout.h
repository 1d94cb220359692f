// Where the names of points in a picture go: beside them, and not over each other.
#pragma once

#include <span>
#include <vector>

#include "env/scene.h"
#include "render/canvas.h"

namespace foresight {

// A box for each point's name, of widths[i] by `height`, within `area`: each as near to its point
// as the boxes placed before it and all points allow. Points in a crowd come first. Where there is
// no free place, boxes overlap as little as can be.
std::vector<Rectangle> place_labels(std::span<const ScenePoint> points,
                                    std::span<const double> widths, double height,
                                    const Rectangle& area);

// The point of a box that is nearest to `point`: where a line between the two ends.
ScenePoint nearest_in(const Rectangle& box, ScenePoint point);

}  // namespace foresight

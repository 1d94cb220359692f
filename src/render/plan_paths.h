// The ways a planner imagined, drawn over a scene: thin lines for its best candidates, a strong one
// for the mean it acts on; both fade with the distance in time, candidates with their rank too.
#pragma once

#include <vector>

#include "render/scene_painter.h"

namespace foresight {

// World coordinates, one point a step from the present on. Fewer than two points draw nothing.
using PlanPath = std::vector<ScenePoint>;

struct PlanPaths {
  PlanPath mean;
  std::vector<PlanPath> elites;  // best first
  bool empty() const { return mean.empty() && elites.empty(); }
};

void paint_plan_paths(Canvas& canvas, const PlanPaths& paths, const SceneColor& color,
                      const Scene& scene, const Viewport& viewport);

// The look of a mean and of a candidate path, for a legend: a short sample from `from` to the
// right.
void paint_mean_sample(Canvas& canvas, ScenePoint from, double length, const SceneColor& color,
                       double scale);
void paint_elite_sample(Canvas& canvas, ScenePoint from, double length, const SceneColor& color,
                        double scale);

}  // namespace foresight

#include "render/plan_paths.h"

#include <algorithm>
#include <span>

namespace foresight {
namespace {

constexpr double kMeanWidth = 3.6;   // pixels at scale 1
constexpr double kEliteWidth = 1.6;  // pixels at scale 1
constexpr double kMeanAlpha = 0.95;
constexpr double kBestEliteAlpha = 0.75;
constexpr double kWorstEliteAlpha = 0.3;
constexpr double kFarthestShare = 0.3;  // of the alpha, at the last step
constexpr double kDotRadius = 2.8;      // pixels at scale 1

double at(double from, double to, double share) { return from + (to - from) * share; }

// The players are drawn in the same colour, so a path is a little darker.
SceneColor darker(const SceneColor& color) {
  const auto shade = [](std::uint8_t value) { return static_cast<std::uint8_t>(value * 0.78); };
  return {shade(color.red), shade(color.green), shade(color.blue)};
}

void paint_fading_line(Canvas& canvas, std::span<const ScenePoint> points, double width,
                       const SceneColor& color, double alpha) {
  canvas.stroke_fading(points, width, Ink{color, alpha}, alpha * kFarthestShare);
}

void paint_mean(Canvas& canvas, std::span<const ScenePoint> points, const SceneColor& color,
                double scale) {
  paint_fading_line(canvas, points, kMeanWidth * scale, color, kMeanAlpha);
  if (points.size() < 2) return;
  canvas.fill_circle(points.back(), 1.4 * kDotRadius * scale, Ink{{255, 255, 255}, 0.9});
  canvas.fill_circle(points.back(), kDotRadius * scale, Ink{color, 0.9});
}

std::vector<ScenePoint> in_pixels(const PlanPath& path, const Scene& scene,
                                  const Viewport& viewport) {
  std::vector<ScenePoint> points;
  for (const ScenePoint& point : path) points.push_back(to_pixels(point, scene, viewport));
  return points;
}

std::vector<ScenePoint> sample_points(ScenePoint from, double length) {
  constexpr int kPoints = 9;
  std::vector<ScenePoint> points;
  for (int i = 0; i < kPoints; ++i) {
    points.push_back({from.x + length * i / (kPoints - 1.0), from.y});
  }
  return points;
}

}  // namespace

void paint_plan_paths(Canvas& canvas, const PlanPaths& paths, const SceneColor& color,
                      const Scene& scene, const Viewport& viewport) {
  const SceneColor ink = darker(color);
  canvas.set_clip(area_of(scene, viewport));
  // The worst first, so that better ones lie on top.
  for (std::size_t rank = paths.elites.size(); rank-- > 0;) {
    const double share = paths.elites.size() > 1 ? rank / (paths.elites.size() - 1.0) : 0.0;
    paint_fading_line(canvas, in_pixels(paths.elites[rank], scene, viewport),
                      kEliteWidth * viewport.scale, ink,
                      at(kBestEliteAlpha, kWorstEliteAlpha, share));
  }
  paint_mean(canvas, in_pixels(paths.mean, scene, viewport), ink, viewport.scale);
  canvas.clear_clip();
}

void paint_mean_sample(Canvas& canvas, ScenePoint from, double length, const SceneColor& color,
                       double scale) {
  paint_mean(canvas, sample_points(from, length), darker(color), scale);
}

void paint_elite_sample(Canvas& canvas, ScenePoint from, double length, const SceneColor& color,
                        double scale) {
  for (int row = -1; row <= 1; ++row) {
    const ScenePoint start{from.x, from.y + 3.0 * row * scale};
    paint_fading_line(canvas, sample_points(start, length), kEliteWidth * scale, darker(color),
                      kBestEliteAlpha);
  }
}

}  // namespace foresight

#include "render/label_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace foresight {
namespace {

constexpr double kGap = 8.0;      // between a point and its name, pixels
constexpr double kRadius = 5.0;   // of a point
constexpr int kFarthest = 12;     // tried places to each side, in steps of half a height
constexpr double kCrowd = 100.0;  // points nearer than this are neighbours
// Costs, in pixels of distance for each pixel of area: overlapping is worse than any distance.
constexpr double kOverlapCost = 10.0;

double overlap(const Rectangle& a, const Rectangle& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return std::max(width, 0.0) * std::max(height, 0.0);
}

Rectangle dot_box(ScenePoint point) {
  return {point.x - kRadius, point.y - kRadius, 2 * kRadius, 2 * kRadius};
}

double distance(ScenePoint a, ScenePoint b) { return std::hypot(a.x - b.x, a.y - b.y); }

// Those with most neighbours first: they have the least room.
std::vector<std::size_t> order_of(std::span<const ScenePoint> points) {
  std::vector<std::ptrdiff_t> neighbours;
  for (const ScenePoint& point : points) {
    neighbours.push_back(std::ranges::count_if(
        points, [&](ScenePoint other) { return distance(point, other) < kCrowd; }));
  }
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return neighbours[i]; });
  return order;
}

}  // namespace

ScenePoint nearest_in(const Rectangle& box, ScenePoint point) {
  return {std::clamp(point.x, box.x, box.x + box.width),
          std::clamp(point.y, box.y, box.y + box.height)};
}

std::vector<Rectangle> place_labels(std::span<const ScenePoint> points,
                                    std::span<const double> widths, double height,
                                    const Rectangle& area) {
  FS_CHECK(points.size() == widths.size(), "{} points, {} names", points.size(), widths.size());
  std::vector<Rectangle> boxes(points.size());
  std::vector<Rectangle> taken;
  for (const ScenePoint& point : points) taken.push_back(dot_box(point));
  for (const std::size_t i : order_of(points)) {
    const ScenePoint point = points[i];
    double lowest = std::numeric_limits<double>::infinity();
    const auto consider = [&](double x, double y) {
      const Rectangle box{std::clamp(x, area.x, area.x + area.width - widths[i]),
                          std::clamp(y, area.y, area.y + area.height - height), widths[i], height};
      double cost = distance(nearest_in(box, point), point);
      for (const Rectangle& other : taken) cost += kOverlapCost * overlap(box, other);
      if (cost >= lowest) return;
      lowest = cost;
      boxes[i] = box;
    };
    for (int step = 0; step <= kFarthest; ++step) {
      for (const int sign : {-1, 1}) {
        const double off = sign * step * height / 2;
        consider(point.x + kGap, point.y - height / 2 + off);
        consider(point.x - kGap - widths[i], point.y - height / 2 + off);
        // Above or below, which is second best.
        const double above = sign < 0 ? -height - kGap - 1 : kGap + 1;
        consider(point.x - widths[i] / 2, point.y + above + off);
      }
    }
    taken.push_back(boxes[i]);
  }
  return boxes;
}

}  // namespace foresight

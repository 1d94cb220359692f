#include "render/label_layout.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "base/rng.h"

namespace foresight {
namespace {

constexpr Rectangle kArea{10, 40, 1080, 750};
constexpr double kHeight = 13.0;

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

TEST(LabelLayout, PutsALonelyNameRightBesideItsPoint) {
  const std::vector<ScenePoint> points{{500, 400}};
  const auto boxes = place_labels(points, std::vector<double>{80}, kHeight, kArea);
  EXPECT_GT(boxes[0].x, 500);
  EXPECT_LT(boxes[0].x, 515);
  EXPECT_DOUBLE_EQ(boxes[0].y + kHeight / 2, 400);
}

TEST(LabelLayout, EightyNamesOverlapNeitherEachOtherNorAPointAndStayInside) {
  Rng rng(1, "labels");
  std::vector<ScenePoint> points;
  std::vector<double> widths;
  for (int i = 0; i < 80; ++i) {
    std::array<float, 2> spread{};
    rng.fill_normal(spread);
    points.push_back({550 + 220.0 * spread[0], 400 + 130.0 * spread[1]});
    points.back() = nearest_in(kArea, points.back());
    widths.push_back(rng.uniform(50, 150));
  }
  const auto boxes = place_labels(points, widths, kHeight, kArea);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(overlap(boxes[i], boxes[j])) << i << " and " << j;
    }
    for (std::size_t j = 0; j < points.size(); ++j) {
      const auto nearest = nearest_in(boxes[i], points[j]);
      EXPECT_GE(std::hypot(nearest.x - points[j].x, nearest.y - points[j].y), 4.9)
          << "the name of " << i << " on point " << j;
    }
    EXPECT_GE(boxes[i].x, kArea.x);
    EXPECT_LE(boxes[i].x + boxes[i].width, kArea.x + kArea.width);
    EXPECT_GE(boxes[i].y, kArea.y);
    EXPECT_LE(boxes[i].y + boxes[i].height, kArea.y + kArea.height);
  }
}

}  // namespace
}  // namespace foresight

#include "env/hockey/hockey_field.h"

namespace foresight {
namespace {

constexpr double kPixel = HockeyRules::kPixelsPerUnit;
constexpr double kCenterX = HockeyRules::kCenterX;
constexpr double kCenterY = HockeyRules::kCenterY;
constexpr double kGoalPixels = 75;  // half the goal's opening
constexpr double kRacketFactor = 1.2;

constexpr SceneColor kGrey{204, 204, 204};
constexpr SceneColor kSand{239, 203, 138};
constexpr SceneColor kWhite{255, 255, 255};
constexpr SceneColor kBlack{0, 0, 0};
constexpr SceneColor kGoalGrey{128, 128, 128};
constexpr SceneColor kRed{235, 98, 53};
constexpr SceneColor kBlue{93, 158, 199};

FieldShape circle(ScenePoint position, double radius_pixels, SceneColor color) {
  return {.position = position, .vertices = {}, .radius = radius_pixels / kPixel, .color = color};
}

FieldShape polygon(ScenePoint position, const std::vector<ScenePoint>& pixels, SceneColor color) {
  FieldShape shape{.position = position, .vertices = {}, .color = color};
  for (const auto& [x, y] : pixels) shape.vertices.push_back({x / kPixel, y / kPixel});
  return shape;
}

std::vector<ScenePoint> scaled(std::vector<ScenePoint> points, double sign_x, double sign_y) {
  for (auto& point : points) point = {sign_x * point.x, sign_y * point.y};
  return points;
}

std::vector<FieldShape> make_walls() {
  constexpr double kTop = HockeyRules::kHeight - .5;
  constexpr double kBottom = .5;
  constexpr double kLeft = kCenterX - 245 / kPixel;
  constexpr double kRight = kCenterX + 245 / kPixel;
  constexpr double kPost = (HockeyRules::kHeight - 1) / 2 * kPixel - kGoalPixels;
  const std::vector<ScenePoint> side{{-250, 10}, {-250, -10}, {250, -10}, {250, 10}};
  // From the corner to the goal, with a slanted end.
  const std::vector<ScenePoint> corner{{-10, kPost}, {10, kPost - 7}, {10, -5}, {-10, -5}};
  return {polygon({kCenterX, kTop}, side, kBlack),
          polygon({kCenterX, kBottom}, side, kBlack),
          polygon({kLeft, kTop}, scaled(corner, 1, -1), kBlack),
          polygon({kLeft, kBottom}, corner, kBlack),
          polygon({kRight, kTop}, scaled(corner, -1, -1), kBlack),
          polygon({kRight, kBottom}, scaled(corner, -1, 1), kBlack)};
}

FieldShape make_racket(double sign_x, double x, SceneColor color) {
  const std::vector<ScenePoint> pixels{{-10, 20},  {5, 20},  {5, -20}, {-10, -20},
                                       {-18, -10}, {-21, 0}, {-18, 10}};
  auto racket = polygon({x, kCenterY}, scaled(pixels, sign_x, 1), color);
  for (auto& [vx, vy] : racket.vertices) {
    vx *= kRacketFactor;
    vy *= kRacketFactor;
  }
  return racket;
}

}  // namespace

const std::vector<FieldShape>& field_decorations() {
  static const std::vector<FieldShape> shapes{
      circle({kCenterX, kCenterY}, 100, kGrey),
      circle({kCenterX - 250 / kPixel, kCenterY}, kGoalPixels, kSand),
      polygon({kCenterX - 240 / kPixel, kCenterY}, {{0, 100}, {100, 100}, {100, -100}, {0, -100}},
              kWhite),
      circle({kCenterX + 250 / kPixel, kCenterY}, kGoalPixels, kSand),
      polygon({kCenterX + 140 / kPixel, kCenterY}, {{100, 100}, {0, 100}, {0, -100}, {100, -100}},
              kWhite)};
  return shapes;
}

const std::vector<FieldShape>& field_walls() {
  static const std::vector<FieldShape> shapes = make_walls();
  return shapes;
}

const std::vector<FieldShape>& field_goals() {
  static const std::vector<ScenePoint> box{
      {-10, kGoalPixels}, {10, kGoalPixels}, {10, -kGoalPixels}, {-10, -kGoalPixels}};
  static const std::vector<FieldShape> shapes{
      polygon({kCenterX - 245 / kPixel - 10 / kPixel, kCenterY}, box, kGoalGrey),
      polygon({kCenterX + 245 / kPixel + 10 / kPixel, kCenterY}, box, kGoalGrey)};
  return shapes;
}

const FieldShape& field_racket(HockeySide side) {
  static const FieldShape left = make_racket(1, HockeyRules::kWidth / 5, kRed);
  static const FieldShape right = make_racket(-1, 4 * HockeyRules::kWidth / 5, kBlue);
  return side == HockeySide::kLeft ? left : right;
}

const FieldShape& field_puck() {
  static const FieldShape puck = circle({kCenterX, kCenterY}, 13, kBlack);
  return puck;
}

}  // namespace foresight

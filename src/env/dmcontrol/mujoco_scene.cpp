#include "env/dmcontrol/mujoco_scene.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace foresight {
namespace {

constexpr int kCirclePoints = 24;
constexpr int kLastVisibleGroup = 3;  // with the dog's flesh, without its bones
constexpr double kMinExtent = 0.5;    // m; a long floor must not make the body a dot
constexpr double kMaxExtent = 3.0;
constexpr double kPicturePixels = 480.0;
constexpr SceneColor kGround{204, 204, 204};

using Point3 = std::array<double, 3>;

// The part of the world that is shown.
struct Window {
  std::array<int, 2> axes{0, 2};  // of the world, to the right and up
  double left = 0.0;
  double bottom = 0.0;
  double width = 4.0;
  double height = 3.0;

  ScenePoint place(const Point3& point) const {
    return {point[axes[0]] - left, point[axes[1]] - bottom};
  }
};

Window window_on(const MujocoPhysics& physics, SceneView view) {
  const mjModel& model = physics.model();
  Window window;
  const double extent = std::clamp(model.stat.extent, kMinExtent, kMaxExtent);
  window.width = view == SceneView::kSide ? 2.0 * extent : extent;
  window.height = window.width * 0.75;
  if (view == SceneView::kTop) window.axes = {0, 1};
  const int torso = mj_name2id(&model, mjOBJ_BODY, "torso");
  const double* centre = torso >= 0 ? physics.data().xpos + 3 * torso : model.stat.center;
  window.left = centre[0] - window.width / 2.0;
  // From the side a strip below the ground is shown; from above the middle.
  window.bottom =
      view == SceneView::kSide ? -0.1 * window.height : model.stat.center[1] - window.height / 2.0;
  return window;
}

SceneColor color_of(const mjModel& model, int material, const float* own_rgba) {
  const float* rgba = material >= 0 ? model.mat_rgba + 4 * material : own_rgba;
  const auto byte = [](float part) {
    return static_cast<std::uint8_t>(std::clamp(part, 0.0f, 1.0f) * 255.0f);
  };
  return {byte(rgba[0]), byte(rgba[1]), byte(rgba[2])};
}

bool is_visible(const mjModel& model, int geom) {
  const int material = model.geom_matid[geom];
  const float alpha =
      material >= 0 ? model.mat_rgba[4 * material + 3] : model.geom_rgba[4 * geom + 3];
  return model.geom_group[geom] <= kLastVisibleGroup && alpha > 0.0f;
}

// Points on the geom's surface whose hull is its outline; none for planes and height fields.
std::vector<Point3> surface_points(const mjModel& model, int geom) {
  const double* size = model.geom_size + 3 * geom;
  std::vector<Point3> points;
  const auto add_ring = [&](double radius, double z, int axis) {
    for (int i = 0; i < kCirclePoints; ++i) {
      const double angle = 2.0 * std::numbers::pi * i / kCirclePoints;
      Point3 point{0.0, 0.0, z};
      point[(axis + 1) % 3] += radius * std::cos(angle);
      point[(axis + 2) % 3] += radius * std::sin(angle);
      points.push_back(point);
    }
  };
  switch (model.geom_type[geom]) {
    case mjGEOM_CAPSULE:  // three rings around each end stand for its half sphere
      for (const double end : {-size[1], size[1]}) {
        for (const int axis : {0, 1, 2}) add_ring(size[0], end, axis);
      }
      break;
    case mjGEOM_CYLINDER:
      for (const double end : {-size[1], size[1]}) add_ring(size[0], end, 2);
      break;
    case mjGEOM_ELLIPSOID:
      for (const int axis : {0, 1, 2}) add_ring(1.0, 0.0, axis);
      for (auto& point : points) {
        for (int i = 0; i < 3; ++i) point[i] *= size[i];
      }
      break;
    case mjGEOM_BOX:
      for (int corner = 0; corner < 8; ++corner) {
        points.push_back({(corner & 1) != 0 ? size[0] : -size[0],
                          (corner & 2) != 0 ? size[1] : -size[1],
                          (corner & 4) != 0 ? size[2] : -size[2]});
      }
      break;
    case mjGEOM_MESH: {  // its bounding box, rather than thousands of corners
      const double* box = model.geom_aabb + 6 * geom;
      for (int corner = 0; corner < 8; ++corner) {
        points.push_back({box[0] + ((corner & 1) != 0 ? box[3] : -box[3]),
                          box[1] + ((corner & 2) != 0 ? box[4] : -box[4]),
                          box[2] + ((corner & 4) != 0 ? box[5] : -box[5])});
      }
      break;
    }
    default:
      break;
  }
  return points;
}

// Convex hull, counter-clockwise (Andrew's monotone chain).
std::vector<ScenePoint> hull(std::vector<ScenePoint> points) {
  std::ranges::sort(points, [](const ScenePoint& a, const ScenePoint& b) {
    return a.x < b.x || (a.x == b.x && a.y < b.y);
  });
  std::vector<ScenePoint> result;
  const auto add_chain = [&](auto begin, auto end) {
    const std::size_t first = result.size();
    for (auto it = begin; it != end; ++it) {
      const auto turns_right = [&] {
        const auto& a = result[result.size() - 2];
        const auto& b = result.back();
        return (b.x - a.x) * (it->y - a.y) - (b.y - a.y) * (it->x - a.x) <= 0.0;
      };
      while (result.size() >= first + 2 && turns_right()) result.pop_back();
      result.push_back(*it);
    }
    result.pop_back();  // the next chain begins there
  };
  add_chain(points.begin(), points.end());
  add_chain(points.rbegin(), points.rend());
  return result;
}

SceneShape outline(const MujocoPhysics& physics, int geom, const Window& window) {
  const mjModel& model = physics.model();
  const double* position = physics.data().geom_xpos + 3 * geom;
  const double* rotation = physics.data().geom_xmat + 9 * geom;
  SceneShape shape;
  shape.color = color_of(model, model.geom_matid[geom], model.geom_rgba + 4 * geom);
  if (model.geom_type[geom] == mjGEOM_SPHERE) {
    shape.points = {window.place({position[0], position[1], position[2]})};
    shape.radius = model.geom_size[3 * geom];
    return shape;
  }
  for (const Point3& local : surface_points(model, geom)) {
    Point3 point;
    mju_mulMatVec3(point.data(), rotation, local.data());
    mju_addTo3(point.data(), position);
    shape.points.push_back(window.place(point));
  }
  if (!shape.points.empty()) shape.points = hull(std::move(shape.points));
  return shape;
}

// Targets are sites in some domains: spheres of the first group. An episode may hide them.
void add_sites(const MujocoPhysics& physics, const Window& window, Scene& scene) {
  const mjModel& model = physics.model();
  for (int site = 0; site < model.nsite; ++site) {
    const float* rgba = model.site_rgba + 4 * site;
    const bool is_shown = model.site_type[site] == mjGEOM_SPHERE && rgba[3] > 0.0f;
    if (!is_shown || model.site_group[site] != 0) continue;
    const double* position = physics.data().site_xpos + 3 * site;
    SceneShape shape;
    shape.color = color_of(model, model.site_matid[site], rgba);
    shape.points = {window.place({position[0], position[1], position[2]})};
    shape.radius = model.site_size[3 * site];
    scene.shapes.push_back(std::move(shape));
  }
}

SceneShape ground(const Window& window, SceneView view) {
  const double top = view == SceneView::kSide ? -window.bottom : window.height;
  SceneShape shape;
  shape.color = kGround;
  shape.points = {{0.0, 0.0}, {window.width, 0.0}, {window.width, top}, {0.0, top}};
  return shape;
}

}  // namespace

void describe(const MujocoPhysics& physics, SceneView view, Scene& scene) {
  const mjModel& model = physics.model();
  const Window window = window_on(physics, view);
  scene.width = window.width;
  scene.height = window.height;
  scene.pixels_per_unit = kPicturePixels / window.width;
  scene.shapes = {ground(window, view)};
  // The farthest first.
  std::vector<std::pair<double, int>> order;
  for (int geom = 0; geom < model.ngeom; ++geom) {
    if (!is_visible(model, geom)) continue;
    const double* position = physics.data().geom_xpos + 3 * geom;
    order.emplace_back(view == SceneView::kSide ? -position[1] : position[2], geom);
  }
  std::ranges::stable_sort(order, {}, &std::pair<double, int>::first);
  for (const auto& [depth, geom] : order) {
    auto shape = outline(physics, geom, window);
    if (!shape.points.empty()) scene.shapes.push_back(std::move(shape));
  }
  add_sites(physics, window, scene);
}

}  // namespace foresight

#include "cli/task_map.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "render/label_layout.h"

namespace foresight {
namespace {

constexpr std::size_t kMostInTable = 12;
constexpr std::size_t kNeighbours = 5;
constexpr int kWidth = 1100;
constexpr int kHeight = 800;
constexpr double kMargin = 90.0;
constexpr double kTextSize = 13.0;
constexpr double kSmallText = 10.5;  // of more than kMany names
constexpr std::size_t kMany = 40;
constexpr double kBaseline = 0.8;  // of a line's height, from above

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

using Matrix = std::vector<std::vector<double>>;

// Eigenvalues and eigenvectors (rows) of a symmetric matrix by Jacobi's rotations (Golub and
// Van Loan, Matrix Computations, section 8.5); as many tasks as there are, it takes milliseconds.
struct Eigen {
  std::vector<double> values;
  Matrix vectors;
};
Eigen eigen_of(Matrix a) {
  const std::size_t n = a.size();
  Matrix v(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) v[i][i] = 1.0;
  constexpr int kMostSweeps = 60;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double rest = 0.0;
    double whole = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) (i == j ? whole : rest) += a[i][j] * a[i][j];
    }
    if (rest <= 1e-24 * whole) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] == 0.0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
        const double t =
            std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
        const double c = 1.0 / std::sqrt(t * t + 1.0);
        const double s = t * c;
        for (std::size_t k = 0; k < n; ++k) {  // A J
          const double kp = a[k][p];
          const double kq = a[k][q];
          a[k][p] = c * kp - s * kq;
          a[k][q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {  // J' (A J), and the vectors
          const double pk = a[p][k];
          const double qk = a[q][k];
          a[p][k] = c * pk - s * qk;
          a[q][k] = s * pk + c * qk;
          const double vp = v[p][k];
          const double vq = v[q][k];
          v[p][k] = c * vp - s * vq;
          v[q][k] = s * vp + c * vq;
        }
      }
    }
  }
  Eigen eigen{.values = {}, .vectors = std::move(v)};
  for (std::size_t i = 0; i < n; ++i) eigen.values.push_back(a[i][i]);
  return eigen;
}

// All of Meta-World is one robot's arm.
std::string body_of(const std::string& task) { return task.substr(0, task.find('-')); }

constexpr std::array<SceneColor, 12> kColours{{{30, 90, 180},
                                               {215, 95, 0},
                                               {45, 140, 65},
                                               {190, 25, 50},
                                               {120, 65, 165},
                                               {115, 85, 40},
                                               {205, 75, 150},
                                               {65, 65, 65},
                                               {0, 140, 150},
                                               {140, 140, 0},
                                               {90, 120, 160},
                                               {170, 110, 110}}};

// A colour a body, in the order of the tasks.
std::vector<Ink> inks_of(const std::vector<TaskEmbedding>& tasks) {
  std::vector<std::string> bodies;
  std::vector<Ink> inks;
  for (const TaskEmbedding& task : tasks) {
    const std::string body = body_of(task.name);
    auto found = std::ranges::find(bodies, body);
    if (found == bodies.end()) found = bodies.insert(found, body);
    inks.push_back({kColours[static_cast<std::size_t>(found - bodies.begin()) % kColours.size()]});
  }
  return inks;
}

// In pixels: as large as the picture allows, both axes alike, y upwards.
std::vector<ScenePoint> pixels_of(const PrincipalPlane& plane) {
  double scale = 1e9;
  for (const auto& [x, y] : plane.points) {
    scale = std::min({scale, (kWidth / 2.0 - kMargin) / std::max(std::abs(x), 1e-9),
                      (kHeight / 2.0 - kMargin) / std::max(std::abs(y), 1e-9)});
  }
  std::vector<ScenePoint> points;
  for (const auto& [x, y] : plane.points) {
    points.push_back({kWidth / 2.0 + scale * x, kHeight / 2.0 - scale * y});
  }
  return points;
}

}  // namespace

std::vector<std::vector<double>> task_cosines(const std::vector<TaskEmbedding>& tasks) {
  Matrix cosines(tasks.size(), std::vector<double>(tasks.size(), 0.0));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      const double lengths = std::sqrt(dot(tasks[i].values, tasks[i].values)) *
                             std::sqrt(dot(tasks[j].values, tasks[j].values));
      cosines[i][j] = lengths > 0.0 ? dot(tasks[i].values, tasks[j].values) / lengths : 0.0;
    }
  }
  return cosines;
}

std::string cosine_table(const std::vector<TaskEmbedding>& tasks) {
  const Matrix cosines = task_cosines(tasks);
  std::string text;
  if (tasks.size() <= kMostInTable) {
    text += fmt::format("{:<26}", "cosine");
    for (std::size_t i = 0; i < tasks.size(); ++i) text += fmt::format(" {:>6}", i);
    text += "\n";
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      text += fmt::format("{:>2} {:<23}", i, tasks[i].name);
      for (const double cosine : cosines[i]) text += fmt::format(" {:>6.2f}", cosine);
      text += "\n";
    }
    text += "\n";
  }
  text += "most similar first (cosine)\n";
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    std::vector<std::size_t> others;
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      if (j != i) others.push_back(j);
    }
    std::ranges::stable_sort(others, std::ranges::greater{},
                             [&](std::size_t j) { return cosines[i][j]; });
    others.resize(std::min(others.size(), kNeighbours));
    text += fmt::format("{:<26}", tasks[i].name);
    for (const std::size_t j : others) {
      text += fmt::format(" {} ({:.2f})", tasks[j].name, cosines[i][j]);
    }
    text += "\n";
  }
  return text;
}

// The principal components of K points are the eigenvectors of their K by K matrix of products
// about the mean, scaled by the roots of the eigenvalues.
PrincipalPlane principal_plane(const std::vector<TaskEmbedding>& tasks) {
  const std::size_t n = tasks.size();
  FS_CHECK(n > 0, "no task");
  std::vector<std::vector<float>> centred;
  std::vector<double> mean(tasks[0].values.size(), 0.0);
  for (const TaskEmbedding& task : tasks) {
    for (std::size_t d = 0; d < mean.size(); ++d) {
      mean[d] += static_cast<double>(task.values[d]) / static_cast<double>(n);
    }
  }
  for (const TaskEmbedding& task : tasks) {
    centred.push_back(task.values);
    for (std::size_t d = 0; d < mean.size(); ++d) centred.back()[d] -= static_cast<float>(mean[d]);
  }
  Matrix products(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) products[i][j] = dot(centred[i], centred[j]);
  }
  const Eigen eigen = eigen_of(std::move(products));
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return eigen.values[i]; });
  const double total = std::accumulate(eigen.values.begin(), eigen.values.end(), 0.0);
  PrincipalPlane plane;
  plane.points.resize(n, {0.0, 0.0});
  for (std::size_t axis = 0; axis < std::min<std::size_t>(2, n); ++axis) {
    const double value = std::max(eigen.values[order[axis]], 0.0);
    plane.share[axis] = total > 0.0 ? value / total : 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      plane.points[i][axis] = std::sqrt(value) * eigen.vectors[order[axis]][i];
    }
  }
  return plane;
}

Canvas draw_task_map(const std::vector<TaskEmbedding>& tasks) {
  const PrincipalPlane plane = principal_plane(tasks);
  const std::vector<ScenePoint> points = pixels_of(plane);
  const std::vector<Ink> inks = inks_of(tasks);
  const double text_size = tasks.size() > kMany ? kSmallText : kTextSize;
  Canvas canvas(kWidth, kHeight);
  std::vector<double> widths;
  for (const TaskEmbedding& task : tasks) {
    widths.push_back(canvas.text_width(task.name, {.size = text_size, .ink = {}}));
  }
  const auto boxes = place_labels(points, widths, text_size, {10, 45, kWidth - 20, kHeight - 55});
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const std::array<ScenePoint, 2> line{points[i], nearest_in(boxes[i], points[i])};
    canvas.stroke_fading(line, 1.0, {inks[i].color, 0.5}, 0.5);
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    canvas.fill_circle(points[i], 5.0, inks[i]);
    canvas.draw_text(tasks[i].name, boxes[i].x, boxes[i].y + kBaseline * text_size,
                     {.size = text_size, .ink = inks[i]});
  }
  canvas.draw_text(
      fmt::format("Task embeddings, first two principal components ({:.0f} % and {:.0f} % of the "
                  "variance)",
                  100.0 * plane.share[0], 100.0 * plane.share[1]),
      20.0, 30.0, {.size = 16.0, .ink = {}, .is_bold = true});
  return canvas;
}

}  // namespace foresight

// How a model of several tasks sees them: cosines between their embeddings, and a picture of these
// in the plane of their two largest principal components.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "render/canvas.h"

namespace foresight {

// [K, K] cosines of the angles between the embeddings; 0 where one is 0.
std::vector<std::vector<double>> task_cosines(const std::vector<TaskEmbedding>& tasks);

// Each task with the five most similar others; for up to 12 tasks also the whole table.
std::string cosine_table(const std::vector<TaskEmbedding>& tasks);

// Coordinates along the two directions of largest variance, and the share of the variance that lies
// along each (0 to 1).
struct PrincipalPlane {
  std::vector<std::array<double, 2>> points;  // one a task
  std::array<double, 2> share{};
};
PrincipalPlane principal_plane(const std::vector<TaskEmbedding>& tasks);

// A point a task with its name; tasks of the same body (the word before the first "-"; all of
// Meta-World is "mw") in one colour.
Canvas draw_task_map(const std::vector<TaskEmbedding>& tasks);

}  // namespace foresight

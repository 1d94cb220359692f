// A line chart: named lines over round ticks, for learning curves.
#pragma once

#include <string>
#include <vector>

#include "base/ticks.h"
#include "render/canvas.h"

namespace foresight {

struct ChartLine {
  std::string name;                // of the legend
  std::vector<ScenePoint> points;  // x rising; in the units of the axes
  bool is_dashed = false;
  std::string group;  // lines of one group share their colour; empty: its own
  // An interval around the line, drawn faintly: both empty, or as many finite points each.
  std::vector<ScenePoint> low = {};
  std::vector<ScenePoint> high = {};
};

struct ChartText {
  std::string title;
  std::string x_axis;
  std::string y_axis;
};

// Groups take their colours in order. Points that are not finite are left out. ContractViolation
// without a single point.
Canvas draw_line_chart(const ChartText& text, const std::vector<ChartLine>& lines);

}  // namespace foresight

// A line chart: named lines over round ticks, for learning curves.
#pragma once

#include <string>
#include <vector>

#include "render/canvas.h"

namespace foresight {

struct ChartLine {
  std::string name;                // of the legend
  std::vector<ScenePoint> points;  // x rising; in the units of the axes
  bool is_dashed = false;
  std::string group;  // lines of one group share their colour; empty: its own
};

struct ChartText {
  std::string title;
  std::string x_axis;
  std::string y_axis;
};

// Groups take their colours in order. Points that are not finite are left out. ContractViolation
// without a single point.
Canvas draw_line_chart(const ChartText& text, const std::vector<ChartLine>& lines);

// Round numbers (1, 2 or 5 times a power of ten apart) from at most `low` to at least `high`, about
// `count` of them.
std::vector<double> round_ticks(double low, double high, int count);

// 1200000 -> "1.2M", 0.25 -> "0.25".
std::string tick_label(double value);

}  // namespace foresight

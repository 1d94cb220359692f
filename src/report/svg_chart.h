// A panel of learning curves as SVG, for a paper and for pages without JavaScript: text stays text,
// shapes stay shapes.
#pragma once

#include <string>

#include "report/comparison.h"

namespace foresight {

// Colours of groups in order, "#0072b2". Okabe and Ito, "Color universal design" (2008).
std::string group_color(std::size_t group);

// "share of games won", "return": what a metric's axis says.
std::string axis_title(const std::string& metric);
// "eval/weak/win_rate" -> "won against weak"; "eval/return" -> "return in evaluations".
std::string metric_title(const std::string& metric);

std::string svg_chart(const CurvePanel& panel);

}  // namespace foresight

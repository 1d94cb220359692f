#include "report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/ticks.h"
#include "io/html.h"

namespace foresight {
namespace {

// In pixels of the viewBox.
constexpr double kWidth = 720.0;
constexpr double kLeft = 64.0;
constexpr double kTop = 34.0;
constexpr double kPlotWidth = kWidth - kLeft - 16.0;
constexpr double kPlotHeight = 300.0;
constexpr double kLegendLine = 20.0;

struct Scale {
  std::vector<double> ticks;
  double share(double value) const {
    return (value - ticks.front()) / (ticks.back() - ticks.front());
  }
};

struct Scales {
  Scale x;
  Scale y;
  std::string place(double at_x, double at_y) const {
    return fmt::format("{:.1f},{:.1f}", kLeft + kPlotWidth * x.share(at_x),
                       kTop + kPlotHeight * (1.0 - y.share(at_y)));
  }
};

Scales scales_of(const CurvePanel& panel) {
  std::vector<double> x;
  std::vector<double> y;
  for (const GroupCurve& curve : panel.curves) {
    for (const MeanPoint& point : curve.mean) {
      x.push_back(point.x);
      y.insert(y.end(), {point.mean, point.interval.low, point.interval.high});
    }
  }
  FS_CHECK(!x.empty(), "a chart without a point");
  const auto [x_low, x_high] = std::ranges::minmax(x);
  auto [y_low, y_high] = std::ranges::minmax(y);
  if (y_low > 0.0 && y_low < 0.5 * y_high) y_low = 0.0;  // near enough to show where zero is
  return {.x = {round_ticks(x_low > 0.0 ? 0.0 : x_low, x_high, 6)},
          .y = {round_ticks(y_low, y_high, 5)}};
}

std::string grid(const Scales& scales) {
  std::string text;
  for (const double tick : scales.y.ticks) {
    const double y = kTop + kPlotHeight * (1.0 - scales.y.share(tick));
    text += fmt::format(
        "<path class=\"grid\" d=\"M{:.1f} {:.1f}h{:.1f}\" stroke=\"#8886\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        kLeft, y, kPlotWidth, kLeft - 8.0, y + 4.0, tick_label(tick));
  }
  for (const double tick : scales.x.ticks) {
    const double x = kLeft + kPlotWidth * scales.x.share(tick);
    text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", x,
                        kTop + kPlotHeight + 18.0, tick_label(tick));
  }
  return text;
}

std::string band(const GroupCurve& curve, const Scales& scales, const std::string& color) {
  if (curve.mean.size() < 2) return "";
  std::string points;
  for (const MeanPoint& point : curve.mean) {
    points += scales.place(point.x, point.interval.low) + " ";
  }
  for (auto point = curve.mean.rbegin(); point != curve.mean.rend(); ++point) {
    points += scales.place(point->x, point->interval.high) + " ";
  }
  return fmt::format("<polygon class=\"band\" points=\"{}\" fill=\"{}\" fill-opacity=\"0.18\"/>\n",
                     points, color);
}

std::string line(const GroupCurve& curve, const Scales& scales, const std::string& color) {
  std::string points;
  for (const MeanPoint& point : curve.mean) points += scales.place(point.x, point.mean) + " ";
  std::string text = fmt::format(
      "<polyline class=\"curve\" points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
      "stroke-linejoin=\"round\"/>\n",
      points, color);
  if (curve.mean.size() != 1) return text;
  // A line of one point would not be seen.
  const MeanPoint& only = curve.mean.front();
  return text + fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n",
                            kLeft + kPlotWidth * scales.x.share(only.x),
                            kTop + kPlotHeight * (1.0 - scales.y.share(only.mean)), color);
}

}  // namespace

std::string group_color(std::size_t group) {
  static const std::array<const char*, 7> kColors{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                  "#56b4e9", "#e69f00", "#7a6a00"};
  return kColors[group % kColors.size()];
}

std::string axis_title(const std::string& metric) {
  if (metric.ends_with("win_rate")) return "share of games won";
  if (metric.ends_with("return")) return "return";
  return metric;
}

std::string metric_title(const std::string& metric) {
  const auto slash = metric.rfind('/');
  if (!metric.starts_with("eval/") || slash == std::string::npos) {
    return metric == "episode/return"     ? "return in training"
           : metric == "episode/win_rate" ? "won in training"
                                          : metric;
  }
  const std::string last = metric.substr(slash + 1);
  const std::string opponent = slash == 4 ? "" : metric.substr(5, slash - 5);
  if (last == "win_rate") return "won against " + opponent;
  if (last == "policy_win_rate") return "won against " + opponent + ", policy alone";
  if (last == "return") return "return in evaluations" + (opponent.empty() ? "" : ", " + opponent);
  if (last == "policy_return") return "return in evaluations, policy alone";
  return metric;
}

std::string svg_chart(const CurvePanel& panel) {
  const Scales scales = scales_of(panel);
  std::string text;
  std::size_t num_shown = 0;
  const double legend_top = kTop + kPlotHeight + 56.0;
  for (std::size_t i = 0; i < panel.curves.size(); ++i) {
    const GroupCurve& curve = panel.curves[i];
    if (curve.mean.empty()) continue;
    const double y = legend_top + kLegendLine * static_cast<double>(num_shown++);
    text += band(curve, scales, group_color(i)) + line(curve, scales, group_color(i));
    text += fmt::format(
        "<path d=\"M{:.1f} {:.1f}h22\" stroke=\"{}\" stroke-width=\"3\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        kLeft, y - 4.0, group_color(i), kLeft + 30.0, y, escape_html(curve.group));
  }
  const double height = legend_top + kLegendLine * static_cast<double>(num_shown);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" "
      "font-family=\"DejaVu Sans, sans-serif\" font-size=\"12\" fill=\"currentColor\" role=\"img\">"
      "\n<text x=\"{:.1f}\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{}: {}</text>\n{}{}"
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n"
      "<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n"
      "</svg>\n",
      kWidth, height, kLeft, escape_html(panel.task), escape_html(metric_title(panel.metric)),
      grid(scales), text, kLeft + 0.5 * kPlotWidth, kTop + kPlotHeight + 36.0,
      panel.axis == CurveAxis::kSteps ? "environment steps" : "minutes of training",
      kTop + 0.5 * kPlotHeight, escape_html(axis_title(panel.metric)));
}

}  // namespace foresight

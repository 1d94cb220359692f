#include "render/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kWidth = 960;
constexpr int kHeight = 540;
constexpr Rectangle kPlot{84.0, 64.0, 650.0, 400.0};  // the legend is to its right
constexpr SceneColor kText{40, 44, 52};
constexpr SceneColor kGrid{222, 226, 232};
// Okabe and Ito, "Color universal design" (2008): told apart by colour-blind readers too.
constexpr std::array<SceneColor, 6> kColors{
    {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {86, 180, 233}, {230, 159, 0}}};

std::vector<SceneColor> colors_of(const std::vector<ChartLine>& lines) {
  std::vector<SceneColor> colors;
  std::size_t num_groups = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t other = 0;
    while (other < i && (lines[i].group.empty() || lines[other].group != lines[i].group)) ++other;
    colors.push_back(other < i ? colors[other] : kColors[num_groups++ % kColors.size()]);
  }
  return colors;
}

struct Axis {
  double low = 0.0;
  double high = 1.0;
  std::vector<double> ticks;
  // 0 at the axis' beginning, 1 at its end.
  double share(double value) const { return (value - low) / (high - low); }
};

bool is_finite(const ScenePoint& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

Axis make_axis(const std::vector<ChartLine>& lines, double ScenePoint::* coordinate) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const ChartLine& line : lines) {
    for (const auto* points : {&line.points, &line.low, &line.high}) {
      for (const ScenePoint& point : *points) {
        if (!is_finite(point)) continue;
        low = std::min(low, point.*coordinate);
        high = std::max(high, point.*coordinate);
      }
    }
  }
  FS_CHECK(low <= high, "a chart without a point");
  if (low > 0.0 && low < 0.5 * high) low = 0.0;  // near enough to show where zero is
  Axis axis;
  axis.ticks = round_ticks(low, high, 6);
  axis.low = axis.ticks.front();
  axis.high = axis.ticks.back();
  return axis;
}

ScenePoint place(const ScenePoint& point, const Axis& x, const Axis& y) {
  return {kPlot.x + kPlot.width * x.share(point.x),
          kPlot.y + kPlot.height * (1.0 - y.share(point.y))};
}

void stroke(Canvas& canvas, std::vector<ScenePoint> points, double width, SceneColor color) {
  canvas.stroke_fading(points, width, Ink{color}, 1.0);
}

void draw_grid(Canvas& canvas, const Axis& x, const Axis& y) {
  const TextStyle below{.size = 14.0, .ink = Ink{kText}, .align = TextAlign::kCentre};
  const TextStyle beside{.size = 14.0, .ink = Ink{kText}, .align = TextAlign::kRight};
  for (const double tick : x.ticks) {
    const double at = kPlot.x + kPlot.width * x.share(tick);
    canvas.fill_rectangle({at - 0.5, kPlot.y, 1.0, kPlot.height}, Ink{kGrid});
    canvas.draw_text(tick_label(tick), at, kPlot.y + kPlot.height + 22.0, below);
  }
  for (const double tick : y.ticks) {
    const double at = kPlot.y + kPlot.height * (1.0 - y.share(tick));
    canvas.fill_rectangle({kPlot.x, at - 0.5, kPlot.width, 1.0}, Ink{kGrid});
    canvas.draw_text(tick_label(tick), kPlot.x - 10.0, at + 5.0, beside);
  }
}

// Dashes of equal length along the line, whatever its corners.
void stroke_dashed(Canvas& canvas, const std::vector<ScenePoint>& points, double width,
                   SceneColor color) {
  constexpr double kDash = 7.0;  // pixels
  double left = kDash;
  bool is_on = true;
  std::vector<ScenePoint> dash{points.front()};
  for (std::size_t i = 1; i < points.size(); ++i) {
    ScenePoint from = points[i - 1];
    double length = std::hypot(points[i].x - from.x, points[i].y - from.y);
    while (length > left) {
      const double share = left / length;
      from = {from.x + share * (points[i].x - from.x), from.y + share * (points[i].y - from.y)};
      dash.push_back(from);
      if (is_on) stroke(canvas, dash, width, color);
      dash = {from};
      length -= left;
      left = kDash;
      is_on = !is_on;
    }
    left -= length;
    dash.push_back(points[i]);
  }
  if (is_on) stroke(canvas, dash, width, color);
}

void draw_line(Canvas& canvas, const ChartLine& line, SceneColor color, const Axis& x,
               const Axis& y) {
  std::vector<ScenePoint> points;
  for (const ScenePoint& point : line.points) {
    if (is_finite(point)) points.push_back(place(point, x, y));
  }
  if (points.empty()) return;
  if (line.is_dashed) {
    stroke_dashed(canvas, points, 2.5, color);
  } else {
    stroke(canvas, points, 2.5, color);
  }
  constexpr std::size_t kFew = 60;  // more would be one thick line
  if (points.size() > kFew) return;
  for (const ScenePoint& point : points) canvas.fill_circle(point, 3.0, Ink{color});
}

// The interval around a line, which has a polygon's outline: its low side there, its high side
// back.
void draw_band(Canvas& canvas, const ChartLine& line, SceneColor color, const Axis& x,
               const Axis& y) {
  std::vector<ScenePoint> outline;
  for (const ScenePoint& point : line.low) outline.push_back(place(point, x, y));
  for (auto point = line.high.rbegin(); point != line.high.rend(); ++point) {
    outline.push_back(place(*point, x, y));
  }
  constexpr double kFaint = 0.18;
  if (outline.size() > 2) canvas.fill_polygon(outline, 0.0, Ink{color, kFaint});
}

void draw_legend(Canvas& canvas, const std::vector<ChartLine>& lines,
                 const std::vector<SceneColor>& colors) {
  const TextStyle style{.size = 14.0, .ink = Ink{kText}};
  const double left = kPlot.x + kPlot.width + 20.0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double y = kPlot.y + 14.0 + 26.0 * static_cast<double>(i);
    const std::vector<ScenePoint> sample{{left, y}, {left + 26.0, y}};
    const SceneColor color = colors[i];
    if (lines[i].is_dashed) {
      stroke_dashed(canvas, sample, 2.5, color);
    } else {
      stroke(canvas, sample, 2.5, color);
    }
    canvas.draw_text(canvas.shorten(lines[i].name, kWidth - left - 44.0, style), left + 34.0,
                     y + 5.0, style);
  }
}

}  // namespace

Canvas draw_line_chart(const ChartText& text, const std::vector<ChartLine>& lines) {
  const Axis x = make_axis(lines, &ScenePoint::x);
  const Axis y = make_axis(lines, &ScenePoint::y);
  const std::vector<SceneColor> colors = colors_of(lines);
  Canvas canvas(kWidth, kHeight);
  draw_grid(canvas, x, y);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    draw_band(canvas, lines[i], colors[i], x, y);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    draw_line(canvas, lines[i], colors[i], x, y);
  }
  draw_legend(canvas, lines, colors);
  canvas.draw_text(text.title, kPlot.x, 30.0, {.size = 18.0, .ink = Ink{kText}, .is_bold = true});
  canvas.draw_text(text.y_axis, kPlot.x - 60.0, 52.0, {.size = 14.0, .ink = Ink{kText}});
  canvas.draw_text(text.x_axis, kPlot.x + 0.5 * kPlot.width, kPlot.y + kPlot.height + 50.0,
                   {.size = 14.0, .ink = Ink{kText}, .align = TextAlign::kCentre});
  return canvas;
}

}  // namespace foresight

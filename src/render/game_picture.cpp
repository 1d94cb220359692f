#include "render/game_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

// Lengths of the panels are in units of a 600-pixel-wide picture, the hockey game's own.
constexpr double kDesignWidth = 600.0;
constexpr double kHeaderHeight = 74.0;
constexpr double kFooterHeight = 38.0;
constexpr double kMargin = 18.0;

constexpr SceneColor kPanel{246, 247, 249};
constexpr SceneColor kLine{222, 225, 230};
constexpr SceneColor kDark{33, 37, 45};
constexpr SceneColor kGrey{112, 118, 129};

int even(double pixels) { return 2 * static_cast<int>(std::lround(pixels / 2.0)); }

double scene_width(const Scene& scene, double scale) {
  return scene.width * scene.pixels_per_unit * scale;
}

// Pixels of one design unit.
double unit_of(const Scene& scene, double scale) {
  return scene_width(scene, scale) / kDesignWidth;
}

struct Panels {
  double unit = 1.0;
  Rectangle header;
  Rectangle scene;
  Rectangle footer;
};

Panels lay_out(const Canvas& canvas, const Scene& scene, double scale) {
  const double width = canvas.width();
  const double unit = unit_of(scene, scale);
  const Rectangle area = area_of(scene, scene_viewport(scene, scale));
  const double footer = area.y + area.height;
  return {.unit = unit,
          .header = {0.0, 0.0, width, area.y},
          .scene = area,
          .footer = {0.0, footer, width, canvas.height() - footer}};
}

std::string plan_line(const SideView& side) {
  if (side.horizon == 0) return "";
  std::string line = fmt::format("plans {} steps", side.horizon);
  if (side.planning_ms) line += fmt::format(" in {:.1f} ms", *side.planning_ms);
  if (side.plan_value) line += fmt::format(" · value {:.1f}", *side.plan_value);
  return line;
}

// Name and plan beside a bar of the side's colour, at the left or the right border.
void paint_side(Canvas& canvas, const SideView& side, const Panels& panels, TextAlign align) {
  if (side.name.empty()) return;
  const double unit = panels.unit;
  const bool is_left = align == TextAlign::kLeft;
  const double bar_x = is_left ? kMargin : kDesignWidth - kMargin - 5.0;
  canvas.fill_rectangle({bar_x * unit, 17.0 * unit, 5.0 * unit, 40.0 * unit}, Ink{side.color},
                        2.5 * unit);

  const double text_x = (is_left ? kMargin + 15.0 : kDesignWidth - kMargin - 15.0) * unit;
  const double room = 195.0 * unit;
  const std::string plan = plan_line(side);
  const TextStyle name_style{18.0 * unit, Ink{kDark}, align, /*is_bold=*/true};
  const double name_baseline = (plan.empty() ? 43.5 : 34.0) * unit;
  canvas.draw_text(canvas.shorten(side.name, room, name_style), text_x, name_baseline, name_style);
  const TextStyle plan_style{10.5 * unit, Ink{kGrey}, align};
  canvas.draw_text(canvas.shorten(plan, room, plan_style), text_x, 53.0 * unit, plan_style);
}

void paint_score(Canvas& canvas, const GameView& view, const Panels& panels) {
  const double unit = panels.unit;
  const double centre = panels.header.width / 2.0;
  const bool has_score = !view.left.name.empty() && !view.right.name.empty();
  if (has_score) {
    TextStyle digits{31.0 * unit, Ink{kDark}, TextAlign::kRight, /*is_bold=*/true};
    canvas.draw_text(fmt::format("{}", view.left.wins), centre - 13.0 * unit, 42.0 * unit, digits);
    digits.align = TextAlign::kLeft;
    canvas.draw_text(fmt::format("{}", view.right.wins), centre + 13.0 * unit, 42.0 * unit, digits);
    const TextStyle colon{25.0 * unit, Ink{kGrey}, TextAlign::kCentre};
    canvas.draw_text(":", centre, 39.0 * unit, colon);
  }
  std::string title = view.title;
  if (view.draws > 0) {
    title += fmt::format("{}{} draw{}", title.empty() ? "" : " · ", view.draws,
                         view.draws > 1 ? "s" : "");
  }
  const TextStyle small{10.5 * unit, Ink{kGrey}, TextAlign::kCentre};
  canvas.draw_text(canvas.shorten(title, 150.0 * unit, small), centre,
                   (has_score ? 59.0 : 41.0) * unit, small);
}

void paint_clock(Canvas& canvas, const Scene& scene, const Panels& panels) {
  const double unit = panels.unit;
  const double bar = 3.0 * unit;
  const double right = panels.footer.width - kMargin * unit;
  const double baseline = panels.footer.y + 24.0 * unit;
  const bool has_limit = scene.time_limit > 0.0;
  if (has_limit) {
    const double share = std::clamp(scene.clock / scene.time_limit, 0.0, 1.0);
    canvas.fill_rectangle({0.0, panels.footer.y, panels.footer.width, bar}, Ink{kLine});
    canvas.fill_rectangle({0.0, panels.footer.y, panels.footer.width * share, bar}, Ink{kDark});
  }
  const TextStyle limit_style{11.0 * unit, Ink{kGrey}, TextAlign::kRight};
  const std::string limit = has_limit ? fmt::format(" / {:.1f} s", scene.time_limit) : " s";
  canvas.draw_text(limit, right, baseline, limit_style);
  const TextStyle clock_style{11.0 * unit, Ink{kDark}, TextAlign::kRight, /*is_bold=*/true};
  canvas.draw_text(fmt::format("{:.1f}", scene.clock),
                   right - canvas.text_width(limit, limit_style), baseline, clock_style);
}

void paint_legend(Canvas& canvas, const GameView& view, const Panels& panels) {
  if (!view.has_legend) return;
  const double unit = panels.unit;
  const SceneColor color = view.left.horizon == 0 ? view.right.color : view.left.color;
  const double middle = panels.footer.y + 20.5 * unit;
  const double baseline = panels.footer.y + 24.0 * unit;
  const TextStyle style{10.5 * unit, Ink{kGrey}};
  double x = kMargin * unit;
  paint_mean_sample(canvas, {x, middle}, 28.0 * unit, color, unit);
  x += 38.0 * unit;
  canvas.draw_text("planned path", x, baseline, style);
  x += canvas.text_width("planned path", style) + 20.0 * unit;
  paint_elite_sample(canvas, {x, middle}, 28.0 * unit, color, unit);
  canvas.draw_text("its best candidates", x + 36.0 * unit, baseline, style);
}

void paint_banner(Canvas& canvas, const Banner& banner, const Panels& panels) {
  const double unit = panels.unit;
  const TextStyle style{27.0 * unit, Ink{{255, 255, 255}}, TextAlign::kCentre, /*is_bold=*/true};
  const std::string text = canvas.shorten(banner.text, 0.66 * panels.scene.width, style);
  const double width = canvas.text_width(text, style) + 52.0 * unit;
  const double height = 54.0 * unit;
  const double centre = panels.scene.x + panels.scene.width / 2.0;
  const double y = panels.scene.y + 0.13 * panels.scene.height;
  const Rectangle ground{centre - width / 2.0, y, width, height};
  const Rectangle shadow{ground.x, ground.y + 2.5 * unit, width, height};
  canvas.fill_rectangle(shadow, Ink{{0, 0, 0}, 0.18}, height / 2.0);
  canvas.fill_rectangle(ground, Ink{banner.color, 0.96}, height / 2.0);
  canvas.draw_text(text, centre, y + 36.5 * unit, style);
}

}  // namespace

Viewport scene_viewport(const Scene& scene, double scale) {
  return {.x = 0.0, .y = even(kHeaderHeight * unit_of(scene, scale)) * 1.0, .scale = scale};
}

PictureSize picture_size(const Scene& scene, double scale) {
  FS_CHECK(scale >= 0.25 && scale <= 8.0, "a picture at scale {}", scale);
  const double footer = kFooterHeight * unit_of(scene, scale);
  const Rectangle area = area_of(scene, scene_viewport(scene, scale));
  return {.width = even(area.width), .height = even(area.y + area.height + footer)};
}

void paint_game(Canvas& canvas, const Scene& scene, const GameView& view, double scale) {
  const Viewport viewport = scene_viewport(scene, scale);
  const Panels panels = lay_out(canvas, scene, scale);
  canvas.fill_rectangle({0.0, 0.0, canvas.width() * 1.0, canvas.height() * 1.0}, Ink{kPanel});
  paint_scene(canvas, scene, viewport);
  for (const SideView* side : {&view.left, &view.right}) {
    paint_plan_paths(canvas, side->paths, side->color, scene, viewport);
  }
  if (view.banner) paint_banner(canvas, *view.banner, panels);

  canvas.fill_rectangle({0.0, panels.scene.y - 1.0, panels.header.width, 1.0}, Ink{kLine});
  paint_side(canvas, view.left, panels, TextAlign::kLeft);
  paint_side(canvas, view.right, panels, TextAlign::kRight);
  paint_score(canvas, view, panels);
  paint_clock(canvas, scene, panels);
  paint_legend(canvas, view, panels);
}

}  // namespace foresight

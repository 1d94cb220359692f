#include "render/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <bit>
#include <numbers>

#include "base/error.h"

namespace foresight {
namespace {

static_assert(std::endian::native == std::endian::little, "ARGB32 words are read as BGRA bytes");

// Comes with fonts-dejavu-core; without it fontconfig picks another sans serif.
constexpr const char* kFontFamily = "DejaVu Sans";
constexpr double kFullTurn = 2.0 * std::numbers::pi;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Length of the well-formed UTF-8 letter at the start of `text`, 0 if there is none.
std::size_t letter_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = length > 2 ? static_cast<unsigned char>(text[1]) : 0;
  const bool is_overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool is_no_scalar = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  return is_overlong || is_no_scalar ? 0 : length;
}

// Cairo refuses to draw anything more after one malformed text, and names may be any file's.
std::string well_formed(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = letter_length(text);
    const bool is_printable = length > 0 && static_cast<unsigned char>(text.front()) >= 0x20;
    if (is_printable) {
      result += text.substr(0, length);
    } else {
      result += '?';
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

void trace_rounded(cairo_t* context, const Rectangle& area, double radius) {
  const double quarter = kFullTurn / 4.0;
  const double right = area.x + area.width - radius;
  const double bottom = area.y + area.height - radius;
  cairo_new_sub_path(context);
  cairo_arc(context, right, area.y + radius, radius, -quarter, 0.0);
  cairo_arc(context, right, bottom, radius, 0.0, quarter);
  cairo_arc(context, area.x + radius, bottom, radius, quarter, 2.0 * quarter);
  cairo_arc(context, area.x + radius, area.y + radius, radius, 2.0 * quarter, 3.0 * quarter);
  cairo_close_path(context);
}

Rectangle bounds(std::span<const ScenePoint> points, double margin) {
  const auto [left, right] = std::ranges::minmax(points, {}, &ScenePoint::x);
  const auto [top, bottom] = std::ranges::minmax(points, {}, &ScenePoint::y);
  return {left.x - margin, top.y - margin, right.x - left.x + 2.0 * margin,
          bottom.y - top.y + 2.0 * margin};
}

}  // namespace

void Canvas::SurfaceDeleter::operator()(cairo_surface_t* surface) const {
  cairo_surface_destroy(surface);
}

void Canvas::ContextDeleter::operator()(cairo_t* context) const { cairo_destroy(context); }

Canvas::Canvas(cairo_surface_t* surface) : surface_(surface) {
  FS_CHECK(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, "cannot make a picture: {}",
           cairo_status_to_string(cairo_surface_status(surface)));
  context_.reset(cairo_create(surface));
}

Canvas::Canvas(int width, int height)
    : Canvas(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)) {
  FS_CHECK(width > 0 && height > 0, "a picture of {} x {} pixels", width, height);
  cairo_set_source_rgb(context_.get(), 1.0, 1.0, 1.0);
  cairo_paint(context_.get());
}

Canvas Canvas::read_png(const std::filesystem::path& path) {
  const std::unique_ptr<cairo_surface_t, SurfaceDeleter> file(
      cairo_image_surface_create_from_png(path.c_str()));
  if (cairo_surface_status(file.get()) != CAIRO_STATUS_SUCCESS) {
    fail("{}: cannot read this PNG picture: {}", path.string(),
         cairo_status_to_string(cairo_surface_status(file.get())));
  }
  Canvas canvas(cairo_image_surface_get_width(file.get()),
                cairo_image_surface_get_height(file.get()));
  cairo_set_source_surface(canvas.context_.get(), file.get(), 0.0, 0.0);
  cairo_paint(canvas.context_.get());
  return canvas;
}

int Canvas::width() const { return cairo_image_surface_get_width(surface_.get()); }

int Canvas::height() const { return cairo_image_surface_get_height(surface_.get()); }

std::span<const std::uint8_t> Canvas::bgra() const {
  cairo_surface_flush(surface_.get());
  // ARGB32 rows have no padding: a row of 4-byte words is aligned already.
  return {cairo_image_surface_get_data(surface_.get()),
          std::size_t{4} * static_cast<std::size_t>(width()) * static_cast<std::size_t>(height())};
}

SceneColor Canvas::pixel(int x, int y) const {
  FS_CHECK(x >= 0 && x < width() && y >= 0 && y < height(), "pixel ({}, {}) of {} x {}", x, y,
           width(), height());
  const auto* bytes = bgra().data() + 4 * (static_cast<std::ptrdiff_t>(y) * width() + x);
  return {.red = bytes[2], .green = bytes[1], .blue = bytes[0]};
}

void Canvas::write_png(const std::filesystem::path& path) const {
  const std::filesystem::path unfinished = path.string() + ".part";
  const cairo_status_t status = cairo_surface_write_to_png(surface_.get(), unfinished.c_str());
  std::error_code problem;
  if (status == CAIRO_STATUS_SUCCESS) std::filesystem::rename(unfinished, path, problem);
  if (status == CAIRO_STATUS_SUCCESS && !problem) return;
  std::error_code ignored;  // the file may not even have come to be
  std::filesystem::remove(unfinished, ignored);
  fail("{}: cannot write the picture: {}", path.string(),
       problem ? problem.message() : cairo_status_to_string(status));
}

void Canvas::fill_rectangle(const Rectangle& rectangle, const Ink& ink, double corner_radius) {
  set_ink(ink);
  if (corner_radius > 0.0) {
    trace_rounded(context_.get(), rectangle, corner_radius);
  } else {
    cairo_rectangle(context_.get(), rectangle.x, rectangle.y, rectangle.width, rectangle.height);
  }
  cairo_fill(context_.get());
}

void Canvas::fill_polygon(std::span<const ScenePoint> points, double outline_width,
                          const Ink& ink) {
  set_ink(ink);
  for (const ScenePoint& point : points) cairo_line_to(context_.get(), point.x, point.y);
  cairo_close_path(context_.get());
  cairo_fill_preserve(context_.get());
  if (outline_width > 0.0) {
    cairo_set_line_width(context_.get(), outline_width);
    cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
    cairo_stroke_preserve(context_.get());
  }
  cairo_new_path(context_.get());
}

void Canvas::fill_circle(ScenePoint centre, double radius, const Ink& ink) {
  set_ink(ink);
  cairo_new_path(context_.get());
  cairo_arc(context_.get(), centre.x, centre.y, radius, 0.0, kFullTurn);
  cairo_fill(context_.get());
}

void Canvas::stroke_fading(std::span<const ScenePoint> points, double line_width, const Ink& ink,
                           double last_alpha) {
  if (points.size() < 2) return;
  cairo_t* context = context_.get();
  // Within a layer of its own each segment replaces what the fainter ones left where their round
  // ends overlap; blending would show every joint. A small layer is a fast one.
  cairo_save(context);
  set_clip(bounds(points, line_width));
  cairo_push_group(context);
  cairo_set_operator(context, CAIRO_OPERATOR_SOURCE);
  cairo_set_line_width(context, line_width);
  cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND);
  for (std::size_t i = points.size() - 1; i > 0; --i) {
    const double share = points.size() > 2 ? (i - 1.0) / (points.size() - 2.0) : 0.0;
    set_ink({ink.color, ink.alpha + share * (last_alpha - ink.alpha)});
    cairo_move_to(context, points[i - 1].x, points[i - 1].y);
    cairo_line_to(context, points[i].x, points[i].y);
    cairo_stroke(context);
  }
  cairo_pop_group_to_source(context);
  cairo_paint(context);
  cairo_restore(context);
}

void Canvas::draw_text(std::string_view text, double x, double baseline, const TextStyle& style) {
  const double width = text_width(text, style);
  const double share = style.align == TextAlign::kLeft     ? 0.0
                       : style.align == TextAlign::kCentre ? 0.5
                                                           : 1.0;
  set_ink(style.ink);
  cairo_move_to(context_.get(), x - share * width, baseline);
  cairo_show_text(context_.get(), well_formed(text).c_str());
  cairo_new_path(context_.get());
}

double Canvas::text_width(std::string_view text, const TextStyle& style) {
  set_font(style);
  cairo_text_extents_t extents;
  cairo_text_extents(context_.get(), well_formed(text).c_str(), &extents);
  return extents.x_advance;
}

std::string Canvas::shorten(std::string_view text, double max_width, const TextStyle& style) {
  std::string kept = well_formed(text);
  if (text_width(kept, style) <= max_width) return kept;
  while (!kept.empty()) {
    while (is_continuation(kept.back())) kept.pop_back();
    kept.pop_back();
    if (text_width(kept + "…", style) <= max_width) break;
  }
  return kept + "…";
}

void Canvas::set_clip(const Rectangle& rectangle) {
  cairo_rectangle(context_.get(), rectangle.x, rectangle.y, rectangle.width, rectangle.height);
  cairo_clip(context_.get());
}

void Canvas::clear_clip() { cairo_reset_clip(context_.get()); }

void Canvas::set_ink(const Ink& ink) {
  cairo_set_source_rgba(context_.get(), ink.color.red / 255.0, ink.color.green / 255.0,
                        ink.color.blue / 255.0, ink.alpha);
}

void Canvas::set_font(const TextStyle& style) {
  cairo_select_font_face(context_.get(), kFontFamily, CAIRO_FONT_SLANT_NORMAL,
                         style.is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context_.get(), style.size);
}

}  // namespace foresight

// A picture to draw on with anti-aliasing (Cairo), its pixels for a video, and PNG files. Units are
// pixels, x to the right, y downwards, (0, 0) the upper left corner; angles are not needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "env/scene.h"

typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;

namespace foresight {

struct Ink {
  SceneColor color;
  double alpha = 1.0;  // 0 invisible to 1 opaque
};

struct Rectangle {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
};

enum class TextAlign { kLeft, kCentre, kRight };  // which point of the text lies at its x

struct TextStyle {
  double size = 12.0;  // of the em square, pixels
  Ink ink;
  TextAlign align = TextAlign::kLeft;
  bool is_bold = false;
};

class Canvas {
 public:
  Canvas(int width, int height);  // white; ContractViolation unless both are positive
  // Error if the file is no PNG.
  static Canvas read_png(const std::filesystem::path& path);

  int width() const;
  int height() const;
  // [height, width, 4] bytes, blue green red alpha; alpha is 255. Valid until the canvas is drawn
  // on.
  std::span<const std::uint8_t> bgra() const;
  SceneColor pixel(int x, int y) const;
  // Written beside `path` first, then renamed. Error if that fails.
  void write_png(const std::filesystem::path& path) const;

  void fill_rectangle(const Rectangle& rectangle, const Ink& ink, double corner_radius = 0.0);
  // Fill, then outline of `outline_width` (0: none) with round corners in the same ink.
  void fill_polygon(std::span<const ScenePoint> points, double outline_width, const Ink& ink);
  void fill_circle(ScenePoint centre, double radius, const Ink& ink);
  // A line with round corners whose alpha goes evenly from `alpha` at its first point to
  // `last_alpha` at its last, without seams. Fewer than two points draw nothing.
  void stroke_fading(std::span<const ScenePoint> points, double line_width, const Ink& ink,
                     double last_alpha);
  // UTF-8, `baseline` its lower edge; bytes that are not UTF-8 are shown as "?".
  void draw_text(std::string_view text, double x, double baseline, const TextStyle& style);
  double text_width(std::string_view text, const TextStyle& style);
  // `text`, or its longest beginning that with "…" is at most `max_width` wide.
  std::string shorten(std::string_view text, double max_width, const TextStyle& style);

  // Nothing outside `rectangle` is drawn until clear_clip().
  void set_clip(const Rectangle& rectangle);
  void clear_clip();

 private:
  struct SurfaceDeleter {
    void operator()(cairo_surface_t* surface) const;
  };
  struct ContextDeleter {
    void operator()(cairo_t* context) const;
  };
  explicit Canvas(cairo_surface_t* surface);
  void set_ink(const Ink& ink);
  void set_font(const TextStyle& style);

  std::unique_ptr<cairo_surface_t, SurfaceDeleter> surface_;
  std::unique_ptr<cairo_t, ContextDeleter> context_;
};

}  // namespace foresight

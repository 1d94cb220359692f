#include "cli/dream_picture.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {
namespace {

constexpr double kMargin = 15.0;
constexpr double kImageEdge = 192.0;  // whole pixels for each of 64: no seams
constexpr double kImageTop = 30.0;
constexpr double kChartTop = 260.0;
constexpr double kChartHeight = 75.0;
const Ink kText{{40, 40, 40}};
const Ink kAwake{{60, 110, 190}};
const Ink kDreaming{{200, 80, 60}};
const Ink kPale{{225, 225, 225}};

}  // namespace

DreamPicture::DreamPicture(const DreamFilm& film, const SeenSteps& seen)
    : film_(film), seen_(seen) {
  for (const auto* errors : {&film.reconstruction_error, &film.imagination_error}) {
    for (const double error : *errors) largest_error_ = std::max(largest_error_, error);
  }
}

// The newest frame's channels: one is gray, three are red, green and blue.
void DreamPicture::draw_image(Canvas& canvas, const std::vector<std::uint8_t>& images,
                              std::int64_t step, double left) const {
  const std::int64_t pixels = film_.height * film_.width;
  const std::int64_t shown = film_.channels % 3 == 0 ? 3 : 1;
  const auto* newest =
      images.data() + step * film_.channels * pixels + (film_.channels - shown) * pixels;
  const double edge = kImageEdge / static_cast<double>(std::max(film_.height, film_.width));
  for (std::int64_t y = 0; y < film_.height; ++y) {
    for (std::int64_t x = 0; x < film_.width; ++x) {
      const std::int64_t at = y * film_.width + x;
      const auto channel = [&](std::int64_t c) {
        return newest[std::min(c, shown - 1) * pixels + at];
      };
      canvas.fill_rectangle({.x = left + static_cast<double>(x) * edge,
                             .y = kImageTop + static_cast<double>(y) * edge,
                             .width = edge,
                             .height = edge},
                            {{channel(0), channel(1), channel(2)}});
    }
  }
}

void DreamPicture::draw_errors(Canvas& canvas, std::int64_t step) const {
  const double width = kWidth - 2 * kMargin;
  const auto x_of = [&](std::int64_t t) {
    return kMargin + width * static_cast<double>(t) / static_cast<double>(film_.num_steps - 1);
  };
  canvas.fill_rectangle({.x = kMargin,
                         .y = kChartTop,
                         .width = x_of(film_.num_context - 1) - kMargin,
                         .height = kChartHeight},
                        kPale);
  const auto curve = [&](const std::vector<double>& errors, const Ink& ink) {
    std::vector<ScenePoint> points;
    for (std::int64_t t = 0; t <= step; ++t) {
      const double share = errors[static_cast<std::size_t>(t)] / std::max(largest_error_, 1e-12);
      points.push_back({x_of(t), kChartTop + kChartHeight * (1.0 - share)});
    }
    canvas.stroke_fading(points, 2.0, ink, 1.0);
  };
  curve(film_.reconstruction_error, kAwake);
  curve(film_.imagination_error, kDreaming);
  canvas.draw_text(fmt::format("mean squared error, up to {:.4f}", largest_error_), kMargin,
                   kChartTop - 6.0, {.size = 12.0, .ink = kText});
}

Canvas DreamPicture::draw(std::int64_t step) const {
  FS_CHECK(step >= 0 && step < film_.num_steps, "step {} of {}", step, film_.num_steps);
  Canvas canvas(kWidth, kHeight);
  const bool is_awake = step < film_.num_context;
  const auto column = [&](int index, const std::string& title,
                          const std::vector<std::uint8_t>& images, const Ink& ink) {
    const double left = kMargin + index * (kImageEdge + kMargin);
    canvas.draw_text(title, left, kImageTop - 9.0, {.size = 14.0, .ink = ink, .is_bold = true});
    draw_image(canvas, images, step, left);
  };
  column(0, "real", seen_.images, kText);
  column(1, "reconstructed", film_.reconstructed, kAwake);
  column(2, is_awake ? "seen" : "imagined", film_.imagined, kDreaming);
  draw_errors(canvas, step);
  canvas.draw_text(fmt::format("step {} of {}{}", step + 1, film_.num_steps,
                               is_awake ? ", eyes open" : ", eyes shut"),
                   kWidth - kMargin, kHeight - 6.0,
                   {.size = 12.0, .ink = kText, .align = TextAlign::kRight});
  return canvas;
}

}  // namespace foresight

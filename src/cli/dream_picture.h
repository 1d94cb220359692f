// A frame of the film that `foresight dream` makes: real, reconstructed and imagined side by side,
// the errors of both as a curve below.
#pragma once

#include "agent/dreamer/dream_film.h"
#include "render/canvas.h"

namespace foresight {

class DreamPicture {
 public:
  static constexpr int kWidth = 660;  // pixels, even as videos want them
  static constexpr int kHeight = 360;

  // Both outlive the picture.
  DreamPicture(const DreamFilm& film, const SeenSteps& seen);
  Canvas draw(std::int64_t step) const;

 private:
  void draw_image(Canvas& canvas, const std::vector<std::uint8_t>& images, std::int64_t step,
                  double left) const;
  void draw_errors(Canvas& canvas, std::int64_t step) const;

  const DreamFilm& film_;
  const SeenSteps& seen_;
  double largest_error_ = 0.0;
};

}  // namespace foresight

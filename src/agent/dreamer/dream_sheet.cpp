#include "agent/dreamer/dream_sheet.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::int64_t kRows = 4;

// The newest frame of stacked ones: its last channels are one gray or three colours.
struct Newest {
  explicit Newest(const DreamFilm& film)
      : shown(film.channels % 3 == 0 ? 3 : 1), pixels(film.height * film.width), film(film) {}
  std::uint8_t at(const std::vector<std::uint8_t>& images, std::int64_t step, std::int64_t channel,
                  std::int64_t pixel) const {
    const std::int64_t plane = step * film.channels + film.channels - shown + channel;
    return images[static_cast<std::size_t>(plane * pixels + pixel)];
  }
  std::int64_t shown;
  std::int64_t pixels;
  const DreamFilm& film;
};

std::uint8_t difference(std::uint8_t ours, std::uint8_t real) {
  return static_cast<std::uint8_t>((255 + int{ours} - int{real}) / 2);
}

}  // namespace

Picture dream_sheet(const DreamFilm& film, const SeenSteps& seen, std::int64_t every) {
  FS_CHECK(film.channels > 0 && every > 0, "a film of {} channels, every {} steps", film.channels,
           every);
  const Newest newest(film);
  const std::int64_t columns = (film.num_steps + every - 1) / every;
  Picture sheet{.width = columns * film.width,
                .height = kRows * film.height,
                .channels = newest.shown,
                .pixels = {}};
  sheet.pixels.resize(static_cast<std::size_t>(sheet.width * sheet.height * sheet.channels));
  for (std::int64_t column = 0; column < columns; ++column) {
    const std::int64_t step = film.num_steps - 1 - (columns - 1 - column) * every;
    for (std::int64_t i = 0; i < newest.pixels * newest.shown; ++i) {
      const std::int64_t pixel = i / newest.shown, channel = i % newest.shown;
      const std::uint8_t real = newest.at(seen.images, step, channel, pixel);
      const std::uint8_t imagined = newest.at(film.imagined, step, channel, pixel);
      const std::uint8_t parts[kRows] = {real, newest.at(film.reconstructed, step, channel, pixel),
                                         imagined, difference(imagined, real)};
      const std::int64_t x = column * film.width + pixel % film.width;
      for (std::int64_t row = 0; row < kRows; ++row) {
        const std::int64_t y = row * film.height + pixel / film.width;
        const std::int64_t at = (y * sheet.width + x) * sheet.channels + channel;
        sheet.pixels[static_cast<std::size_t>(at)] = parts[row];
      }
    }
  }
  return sheet;
}

}  // namespace foresight

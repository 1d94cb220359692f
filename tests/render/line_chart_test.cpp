#include "render/line_chart.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

TEST(RoundTicks, CoverTheRangeInRoundSteps) {
  EXPECT_EQ(round_ticks(0.0, 1.0, 5),
            (std::vector<double>{0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0}));
  const auto ticks = round_ticks(-3.7, 1234.0, 6);
  EXPECT_LE(ticks.front(), -3.7);
  EXPECT_GE(ticks.back(), 1234.0);
  EXPECT_LE(ticks.size(), 10u);
  EXPECT_GE(round_ticks(5.0, 5.0, 4).size(), 2u);
  EXPECT_THROW(round_ticks(1.0, 0.0, 4), ContractViolation);
}

TEST(TickLabel, IsShort) {
  EXPECT_EQ(tick_label(1'200'000.0), "1.2M");
  EXPECT_EQ(tick_label(50'000.0), "50k");
  EXPECT_EQ(tick_label(0.25), "0.25");
  EXPECT_EQ(tick_label(-1e-17), "0");
}

int pixels_like(const Canvas& canvas, SceneColor color) {
  int count = 0;
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) {
      const SceneColor pixel = canvas.pixel(x, y);
      count += pixel.red == color.red && pixel.green == color.green && pixel.blue == color.blue;
    }
  }
  return count;
}

TEST(LineChart, DrawsEveryLineInItsOwnColour) {
  const ChartLine rising{.name = "rising", .points = {{0, 0}, {10, 1}}};
  const ChartLine falling{.name = "falling", .points = {{0, 1}, {10, 0}}, .is_dashed = true};
  const Canvas canvas = draw_line_chart({"a title", "steps", "won"}, {rising, falling});
  const int solid = pixels_like(canvas, {0, 114, 178});
  const int dashed = pixels_like(canvas, {213, 94, 0});
  EXPECT_GT(solid, 800);
  EXPECT_GT(dashed, 300);
  EXPECT_LT(dashed, solid);
}

TEST(LineChart, LinesOfOneGroupShareTheirColour) {
  ChartLine first{.name = "a", .points = {{0, 0}, {10, 1}}, .group = "x"};
  ChartLine second{.name = "b", .points = {{0, 1}, {10, 0}}, .group = "x"};
  EXPECT_EQ(pixels_like(draw_line_chart({"", "", ""}, {first, second}), {213, 94, 0}), 0);
  second.group = "y";
  EXPECT_GT(pixels_like(draw_line_chart({"", "", ""}, {first, second}), {213, 94, 0}), 300);
}

TEST(LineChart, LeavesOutWhatIsNotFinite) {
  const ChartLine line{.name = "a", .points = {{0, 0}, {1, std::nan("")}, {2, 3}}};
  EXPECT_NO_THROW(draw_line_chart({"", "", ""}, {line}));
  const ChartLine none{.name = "a", .points = {{0, std::nan("")}}};
  EXPECT_THROW(draw_line_chart({"", "", ""}, {none}), ContractViolation);
}

}  // namespace
}  // namespace foresight

#include "render/canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "render/test_folder.h"

namespace foresight {
namespace {

constexpr SceneColor kRed{200, 20, 30};

bool is_white(const Canvas& canvas, int x, int y) {
  const SceneColor color = canvas.pixel(x, y);
  return color.red == 255 && color.green == 255 && color.blue == 255;
}

int num_inked(const Canvas& canvas) {
  int count = 0;
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) count += !is_white(canvas, x, y);
  }
  return count;
}

TEST(Canvas, GivesItsPixelsAsOpaqueBgra) {
  Canvas canvas(6, 4);
  canvas.fill_rectangle({2.0, 1.0, 1.0, 1.0}, Ink{kRed});
  const auto bytes = canvas.bgra();
  ASSERT_EQ(bytes.size(), 6u * 4u * 4u);
  const auto* pixel = bytes.data() + 4 * (1 * 6 + 2);
  EXPECT_EQ(pixel[0], kRed.blue);
  EXPECT_EQ(pixel[1], kRed.green);
  EXPECT_EQ(pixel[2], kRed.red);
  EXPECT_EQ(pixel[3], 255);
  EXPECT_EQ(num_inked(canvas), 1);
}

TEST(Canvas, ReadsBackThePngItWrote) {
  const TestFolder folder;
  Canvas canvas(31, 17);
  canvas.fill_circle({12.0, 8.0}, 6.0, Ink{kRed, 0.7});
  canvas.write_png(folder.path() / "picture.png");
  const Canvas copy = Canvas::read_png(folder.path() / "picture.png");
  ASSERT_EQ(copy.width(), 31);
  ASSERT_EQ(copy.height(), 17);
  EXPECT_TRUE(std::ranges::equal(copy.bgra(), canvas.bgra()));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"picture.png"});
}

TEST(Canvas, NamesAFileThatIsNoPng) {
  const TestFolder folder;
  std::ofstream(folder.path() / "text.png") << "no picture";
  try {
    Canvas::read_png(folder.path() / "text.png");
    FAIL() << "a text was read as a picture";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("text.png"), std::string::npos);
  }
}

TEST(Canvas, RefusesToWriteWhereThereIsNoFolder) {
  const TestFolder folder;
  EXPECT_THROW(Canvas(4, 4).write_png(folder.path() / "missing" / "picture.png"), Error);
}

TEST(Canvas, SmoothsEdges) {
  Canvas canvas(8, 8);
  canvas.fill_rectangle({2.0, 2.0, 3.5, 3.0}, Ink{{0, 0, 0}});
  EXPECT_EQ(canvas.pixel(4, 3).red, 0);
  EXPECT_NEAR(canvas.pixel(5, 3).red, 128, 2);  // half covered
  EXPECT_EQ(canvas.pixel(6, 3).red, 255);
}

TEST(Canvas, AlignsTextAtItsAnchor) {
  const auto inked_columns = [](TextAlign align) {
    Canvas canvas(200, 40);
    canvas.draw_text("score", 100.0, 28.0, {20.0, Ink{kRed}, align});
    int left = 200;
    int right = -1;
    for (int x = 0; x < 200; ++x) {
      for (int y = 0; y < 40; ++y) {
        if (is_white(canvas, x, y)) continue;
        left = std::min(left, x);
        right = std::max(right, x);
      }
    }
    return std::pair{left, right};
  };
  const auto [left_from, left_to] = inked_columns(TextAlign::kLeft);
  const auto [right_from, right_to] = inked_columns(TextAlign::kRight);
  const auto [centre_from, centre_to] = inked_columns(TextAlign::kCentre);
  EXPECT_NEAR(left_from, 100, 3);
  EXPECT_NEAR(right_to, 100, 3);
  EXPECT_NEAR(0.5 * (centre_from + centre_to), 100, 3);
  EXPECT_GT(left_to - left_from, 30);  // five letters of 20 pixels
}

TEST(Canvas, GoesOnAfterTextThatIsNotUtf8) {
  Canvas canvas(100, 40);
  canvas.draw_text("a\xff\xc3(\xed\xa0\x80 b\n", 5.0, 28.0, {20.0, Ink{kRed}});
  EXPECT_GT(num_inked(canvas), 20);
  canvas.fill_rectangle({0.0, 0.0, 100.0, 40.0}, Ink{kRed});
  EXPECT_EQ(num_inked(canvas), 100 * 40);
}

TEST(Canvas, ShortensTextToTheRoomThereIs) {
  Canvas canvas(10, 10);
  const TextStyle style{12.0, Ink{}};
  const std::string name = "ünäprönöunceable-agent";
  EXPECT_EQ(canvas.shorten(name, 1000.0, style), name);
  const std::string shortened = canvas.shorten(name, 60.0, style);
  EXPECT_LE(canvas.text_width(shortened, style), 60.0);
  EXPECT_GT(canvas.text_width(shortened, style), 40.0);
  EXPECT_TRUE(shortened.ends_with("…"));
  EXPECT_TRUE(name.starts_with(shortened.substr(0, shortened.size() - std::string("…").size())));
}

TEST(Canvas, FadesALineEvenlyAndWithoutSeams) {
  Canvas canvas(220, 20);
  std::vector<ScenePoint> points;
  for (int i = 0; i <= 10; ++i) points.push_back({10.0 + 19.7 * i, 10.0});
  canvas.stroke_fading(points, 6.0, Ink{{0, 0, 0}, 1.0}, 0.2);
  EXPECT_EQ(canvas.pixel(14, 10).red, 0);
  EXPECT_NEAR(canvas.pixel(200, 10).red, 204, 2);
  for (int x = 12; x < 205; ++x) {
    EXPECT_LE(canvas.pixel(x - 1, 10).red, canvas.pixel(x, 10).red) << "at " << x;
  }
}

}  // namespace
}  // namespace foresight

// The encoder of pictures and the random shift before it.
#include "nn/pixel_encoder.h"
#include "parity/tdmpc2/recording.h"

namespace foresight {
namespace {

// The original shifts by bilinear interpolation at whole pixels: up to 4e-4 of 255 off.
constexpr double kInterpolation = 5e-4;
constexpr double kForwardTolerance = 5e-6;

TEST(PixelEncoder, ShiftsAndEncodesAsRecorded) {
  const Recording recording("official_pixels");
  const RecordedFile file(recording, "encode");
  const WorldModel model = recorded_model(recording.config(), Variant::kOfficial,
                                          RecordedFile(recording, "model").parameters(""));
  const auto image = file.at("in.image");
  const auto shifted = shift_images(image, file.at("in.shift_only")).to(torch::kFloat32);
  const auto expected = file.at("out.shifted0");  // the first frame of the first picture
  EXPECT_LE((shifted[0].slice(0, 0, 3) - expected).abs().max().item<double>(), kInterpolation);
  expect_close(model.encode(shift_images(image, file.at("in.encode_shift"))), file.at("out.encode"),
               kForwardTolerance, "encode");
  expect_close(model.encode(shift_images(image, file.at("in.layers_shift"))),
               file.at("out.layer10"), kForwardTolerance, "last layer");
  // With a time axis in front.
  expect_close(model.encode(shift_images(file.at("in.obs5"), file.at("in.obs5_shift"))),
               file.at("out.encode5"), kForwardTolerance, "encode over time");
}

// The definition, pixel by pixel: pad by repeating the border, then cut.
TEST(PixelEncoder, AShiftIsACropOfThePaddedPicture) {
  torch::manual_seed(1);
  const auto images = torch::randint(0, 256, {5, 2, 8, 8}, torch::kUInt8);
  const auto shifts = torch::randint(0, 7, {5, 2}, torch::kLong);
  const auto result = shift_images(images, shifts);
  const auto padded =
      torch::replication_pad2d(images.to(torch::kFloat32), {3, 3, 3, 3}).to(torch::kUInt8);
  for (int i = 0; i < 5; ++i) {
    const auto x = shifts[i][0].item<std::int64_t>(), y = shifts[i][1].item<std::int64_t>();
    EXPECT_TRUE(result[i].equal(padded[i].slice(1, y, y + 8).slice(2, x, x + 8))) << i;
  }
  EXPECT_TRUE(shift_images(images, torch::full({5, 2}, 3, torch::kLong)).equal(images));
}

}  // namespace
}  // namespace foresight

#include "io/png.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace foresight {
namespace {

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

// Chunk by chunk as the specification says, unpacked by zlib.
TEST(Png, HoldsThePixelsOfThePicture) {
  for (const std::int64_t channels : {1, 3}) {
    Picture picture{.width = 7, .height = 5, .channels = channels, .pixels = {}};
    for (int i = 0; i < 7 * 5 * channels; ++i) {
      picture.pixels.push_back(static_cast<std::uint8_t>(37 * i));
    }
    const std::string png = encode_png(picture);
    EXPECT_EQ(png.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
    std::string kinds, packed;
    std::size_t at = 8;
    while (at < png.size()) {
      const std::size_t size = big_endian(png, at);
      const std::string checked = png.substr(at + 4, 4 + size);
      kinds += checked.substr(0, 4) + " ";
      EXPECT_EQ(big_endian(png, at + 8 + size),
                ::crc32(0, reinterpret_cast<const Bytef*>(checked.data()),
                        static_cast<uInt>(checked.size())));
      if (checked.starts_with("IHDR")) {
        EXPECT_EQ(big_endian(checked, 4), 7u);
        EXPECT_EQ(big_endian(checked, 8), 5u);
        EXPECT_EQ(checked.substr(12),
                  std::string("\x08", 1) + (channels == 3 ? '\2' : '\0') + std::string(3, '\0'));
      }
      if (checked.starts_with("IDAT")) packed += checked.substr(4);
      at += 12 + size;
    }
    EXPECT_EQ(kinds, "IHDR IDAT IEND ");
    std::string rows(1000, '\0');
    uLongf size = rows.size();
    ASSERT_EQ(::uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                           reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
              Z_OK);
    ASSERT_EQ(size, static_cast<uLongf>(5 * (1 + 7 * channels)));
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t width = static_cast<std::size_t>(7 * channels);
      const std::size_t row = i / (1 + width), within = i % (1 + width);
      const std::uint8_t expected = within == 0 ? 0 : picture.pixels[row * width + within - 1];
      EXPECT_EQ(static_cast<std::uint8_t>(rows[i]), expected);
    }
  }
}

}  // namespace
}  // namespace foresight

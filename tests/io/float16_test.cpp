#include "io/float16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace foresight {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Float16, HasTheKnownBitsOfIeee754) {
  EXPECT_EQ(f32_to_f16(1.0f), 0x3C00);
  EXPECT_EQ(f32_to_f16(-2.0f), 0xC000);
  EXPECT_EQ(f32_to_f16(-0.0f), 0x8000);
  EXPECT_EQ(f32_to_f16(1.0f / 3.0f), 0x3555);
  EXPECT_EQ(f32_to_f16(65504.0f), 0x7BFF);
  EXPECT_EQ(f32_to_f16(0x1p-14f), 0x0400);
  EXPECT_EQ(f32_to_f16(0x1p-24f), 0x0001);
  EXPECT_EQ(f32_to_f16(kInfinity), 0x7C00);
  EXPECT_EQ(f32_to_f16(-1e10f), 0xFC00);
}

TEST(Float16, SurvivesTheWayThereAndBackForEveryWord) {
  for (std::uint32_t word = 0; word < 0x10000; ++word) {
    const auto bits = static_cast<std::uint16_t>(word);
    const float value = f16_to_f32(bits);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(value)))) << word;
    } else {
      ASSERT_EQ(f32_to_f16(value), bits) << word;
    }
  }
}

// Between neighbours the nearer one wins, in the middle the even one.
TEST(Float16, RoundsToTheNearestAndTiesToEven) {
  for (std::uint16_t low = 0; low < 0x7BFF; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    const float middle = (f16_to_f32(low) + f16_to_f32(high)) / 2;  // exact in a float
    ASSERT_EQ(f32_to_f16(middle), low % 2 == 0 ? low : high) << low;
    ASSERT_EQ(f32_to_f16(std::nextafter(middle, 0.0f)), low) << low;
    ASSERT_EQ(f32_to_f16(std::nextafter(middle, kInfinity)), high) << low;
    ASSERT_EQ(f32_to_f16(-middle), (low % 2 == 0 ? low : high) | 0x8000) << low;
  }
  EXPECT_EQ(f32_to_f16(65520.0f), 0x7C00) << "half-way to 65536 is infinity";
  EXPECT_EQ(f32_to_f16(std::nextafter(65520.0f, 0.0f)), 0x7BFF);
  EXPECT_EQ(f32_to_f16(std::numeric_limits<float>::denorm_min()), 0);
}

TEST(Bfloat16, SurvivesTheWayThereAndBackForEveryWord) {
  for (std::uint32_t word = 0; word < 0x10000; ++word) {
    const auto bits = static_cast<std::uint16_t>(word);
    const float value = bf16_to_f32(bits);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(value)))) << word;
    } else {
      ASSERT_EQ(f32_to_bf16(value), bits) << word;
    }
  }
}

TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
  const auto rounded = [](std::uint32_t bits) { return f32_to_bf16(std::bit_cast<float>(bits)); };
  EXPECT_EQ(rounded(0x3F808000u), 0x3F80);
  EXPECT_EQ(rounded(0x3F808001u), 0x3F81);
  EXPECT_EQ(rounded(0x3F818000u), 0x3F82);
  EXPECT_EQ(rounded(0x3F817FFFu), 0x3F81);
  EXPECT_EQ(f32_to_bf16(std::numeric_limits<float>::max()), 0x7F80);
}

TEST(Bfloat16, KeepsANanWhosePayloadLiesInTheLowBits) {
  EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::bit_cast<float>(0x7F800001u)))));
}

}  // namespace
}  // namespace foresight

#include "net/amp_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/rng.h"
#include "net/amp.h"
#include "net/hex.h"

namespace foresight {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(AmpValues, FloatsAreWrittenAsPythonsReprDoes) {
  // repr() of Python 3.11.
  const std::pair<double, const char*> expected[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-3.0, "-3.0"},
      {0.5, "0.5"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e15, "1000000000000000.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e22, "1e+22"},
      {1e-4, "0.0001"},
      {1e-5, "1e-05"},
      {0.0001234, "0.0001234"},
      {1.5e-7, "1.5e-07"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {double{0.3f}, "0.30000001192092896"},
      {std::nan(""), "nan"},
      {-std::nan(""), "nan"},
      {kInfinity, "inf"},
      {-kInfinity, "-inf"},
  };
  for (const auto& [value, text] : expected) EXPECT_EQ(amp_float(value), text);
}

TEST(AmpValues, FloatsReadBackBitForBit) {
  Rng rng(1, "amp floats");
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = rng.next_u64();
    double value = 0.0;
    std::memcpy(&value, &bits, sizeof value);
    const double back = parse_amp_float(amp_float(value));
    EXPECT_TRUE(std::isnan(value) ? std::isnan(back) : back == value) << value;
  }
}

TEST(AmpValues, FloatsMayBeWrittenInOtherWaysToo) {
  EXPECT_EQ(parse_amp_float("3"), 3.0);
  EXPECT_EQ(parse_amp_float("+2.5"), 2.5);
  EXPECT_EQ(parse_amp_float("1E3"), 1000.0);
  EXPECT_EQ(parse_amp_float("-inf"), -kInfinity);
  EXPECT_EQ(parse_amp_float("Infinity"), kInfinity);
  EXPECT_TRUE(std::isnan(parse_amp_float("NaN")));
}

TEST(AmpValues, WhatIsNoFloatIsRefused) {
  for (const char* text : {"", "x", "1.0x", " 1.0", "1.0 ", "1,5", "0x10", "--1", "+-1", "1e",
                           "nan(1)", "1e999", "in", "1.0\n"}) {
    EXPECT_THROW(parse_amp_float(text), AmpError) << text;
  }
  EXPECT_THROW(parse_amp_float(std::string_view("1\0", 2)), AmpError);
}

TEST(AmpValues, IntegersAreDecimal) {
  EXPECT_EQ(amp_integer(-12), "-12");
  EXPECT_EQ(parse_amp_integer("1"), 1);
  EXPECT_EQ(parse_amp_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"", "1.0", "9223372036854775808", "0x1", "1 ", "one", "-"}) {
    EXPECT_THROW(parse_amp_integer(text), AmpError) << text;
  }
}

TEST(AmpValues, BooleansHaveTwoForms) {
  EXPECT_EQ(amp_boolean(true), "True");
  EXPECT_EQ(amp_boolean(false), "False");
  EXPECT_TRUE(parse_amp_boolean("True"));
  EXPECT_FALSE(parse_amp_boolean("False"));
  for (const char* text : {"", "true", "1", "True "})
    EXPECT_THROW(parse_amp_boolean(text), AmpError);
}

TEST(AmpValues, ListsOfFloatsAreAsRecorded) {
  const std::vector<double> action{0.5, -1.0, 0.0, 1.0};
  const std::string bytes = from_hex("0003302e3500042d312e300003302e300003312e30");
  EXPECT_EQ(amp_float_list(action), bytes);
  EXPECT_EQ(parse_amp_float_list(bytes), action);
  EXPECT_EQ(parse_amp_float_list(from_hex("0003302e300003332e30")), (std::vector{0.0, 3.0}));
  EXPECT_TRUE(parse_amp_float_list("").empty());
}

TEST(AmpValues, ListsThatEndTooEarlyAreRefused) {
  const std::string bytes = from_hex("0003302e3500042d312e30");
  EXPECT_THROW(parse_amp_float_list(std::string_view(bytes).substr(0, 1)), AmpError);
  for (std::size_t size = 6; size < bytes.size(); ++size) {
    EXPECT_THROW(parse_amp_float_list(std::string_view(bytes).substr(0, size)), AmpError) << size;
  }
  EXPECT_THROW(parse_amp_float_list(from_hex("ffff302e35")), AmpError);
  EXPECT_THROW(parse_amp_float_list(from_hex("0000")), AmpError);
}

TEST(AmpValues, AMessageTellsWhatWasFoundWithoutControlCharacters) {
  try {
    parse_amp_float("\x1b[2J");
    FAIL();
  } catch (const AmpError& problem) {
    EXPECT_STREQ(problem.what(), "expected a number, found \"?[2J\"");
  }
}

TEST(AmpValues, PrintableKeepsTextAndNothingElse) {
  EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8f\x92"),
            "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8f\x92");
  EXPECT_EQ(printable("a\x1b[31m\r\n\tb\x7f"), "a?[31m???b?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "??31m");                                     // C1: a terminal obeys it
  EXPECT_EQ(printable("\xff\xc3"), "??");                 // no UTF-8, half a character
  EXPECT_EQ(printable("\xed\xa0\x80\xc0\xaf"), "?????");  // surrogate, too long a form
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("", 3), "");
}

}  // namespace
}  // namespace foresight

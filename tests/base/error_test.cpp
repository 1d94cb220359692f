#include "base/error.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace foresight {
namespace {

TEST(Fail, ThrowsAnErrorWithTheFormattedMessage) {
  try {
    fail("{}: expected {}, found {}", "a.toml:3", 1, 2.5);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a.toml:3: expected 1, found 2.5");
  }
}

TEST(Check, ThrowsAViolationThatNamesPlaceConditionAndMessage) {
  try {
    FS_CHECK(1 + 1 == 3, "sum is {}", 2);
    FAIL() << "a false condition passed";
  } catch (const ContractViolation& violation) {
    const std::string text = violation.what();
    EXPECT_NE(text.find("error_test.cpp:"), std::string::npos) << text;
    EXPECT_NE(text.find("1 + 1 == 3"), std::string::npos) << text;
    EXPECT_NE(text.find("sum is 2"), std::string::npos) << text;
  }
}

TEST(Check, PassesATrueConditionWithoutFormattingItsMessage) {
  int formatted = 0;
  FS_CHECK(true, "{}", ++formatted);
  EXPECT_EQ(formatted, 0);
}

TEST(Check, IsNoError) {
  EXPECT_THROW(FS_CHECK(false, "bug"), std::logic_error);
  EXPECT_THROW(fail("slip"), std::runtime_error);
}

}  // namespace
}  // namespace foresight

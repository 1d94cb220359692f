#include "io/file_name.h"

#include <gtest/gtest.h>

namespace foresight {
namespace {

TEST(FileName, KeepsWhatIsSafeAndReplacesTheRest) {
  EXPECT_EQ(as_file_name("hockey/quick"), "hockey-quick");
  EXPECT_EQ(as_file_name("a b=c:d\xc3\xa9_1.0-x"), "a-b-c-d--_1.0-x");
}

TEST(FileName, NeverNamesThisFolderOrItsParent) {
  EXPECT_EQ(as_file_name(""), "unnamed");
  EXPECT_EQ(as_file_name(".."), "unnamed");
  EXPECT_EQ(as_file_name(".", "watch"), "watch");
  EXPECT_EQ(as_file_name("../x"), "..-x");
}

}  // namespace
}  // namespace foresight

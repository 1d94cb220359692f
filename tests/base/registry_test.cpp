#include "base/registry.h"

#include <gtest/gtest.h>

namespace foresight {
namespace {

using Words = std::vector<std::string>;

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("horizon", "horizn"), 1u);
}

TEST(NearestWord, FindsTheSmallestDistance) {
  EXPECT_EQ(nearest_word("horizn", Words{"iterations", "horizon", "samples"}), "horizon");
  EXPECT_EQ(nearest_word("weak", Words{"weal", "weak"}), "weak");
}

TEST(NearestWord, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(nearest_word("horizon", Words{"seed", "agent"}), "");
  EXPECT_EQ(nearest_word("horizon", Words{}), "");
}

TEST(DidYouMean, AsksOnlyWhenThereIsANearWord) {
  EXPECT_EQ(did_you_mean("sed", Words{"seed"}), "; did you mean \"seed\"?");
  EXPECT_EQ(did_you_mean("zzzzz", Words{"seed"}), "");
}

struct Fruit {
  int weight = 0;
};

TEST(Registry, FindsWhatWasAddedAndListsNamesSorted) {
  auto& fruits = Registry<Fruit>::instance();
  fruits.add("pear", {2});
  fruits.add("apple", {1});
  EXPECT_EQ(fruits.find("pear", "fruit").weight, 2);
  EXPECT_EQ(fruits.names(), (Words{"apple", "pear"}));
  try {
    fruits.find("aple", "fruit");
    FAIL() << "an unknown name was found";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "unknown fruit \"aple\"; did you mean \"apple\"?\n  known: apple, pear");
  }
}

}  // namespace
}  // namespace foresight

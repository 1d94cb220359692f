#include "net/league_users.h"

#include <set>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

class LeagueUsersTest : public ScratchFolder {
 protected:
  std::string error_in(const std::string& text) const {
    const auto file = write("users.txt", text);
    return error_of([&] { read_league_users(file); });
  }
};

TEST_F(LeagueUsersTest, ReadsWhatItWrote) {
  const std::vector<LeagueUser> users{{"ann", make_token()}, {"b.o_b-2", make_token()}};
  const auto file = folder_ / "users.txt";
  write_league_users(file, users);
  const auto back = read_league_users(file);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[1].name, "b.o_b-2");
  EXPECT_EQ(back[1].token, users[1].token);
}

TEST_F(LeagueUsersTest, PassesOverCommentsAndSpace) {
  const auto file = write("users.txt", "# class of 2026\n\n  ann\t12345678  \r\n   # bob left\n");
  ASSERT_EQ(read_league_users(file).size(), 1u);
  EXPECT_EQ(read_league_users(file)[0].token, "12345678");
}

TEST_F(LeagueUsersTest, MistakesAreNamedWithTheirLineAndWithoutTheToken) {
  EXPECT_NE(error_in("ann\n").find("users.txt:1: expected \"name token\""), std::string::npos);
  EXPECT_NE(error_in("\nann 12345678 x\n").find("users.txt:2: "), std::string::npos);
  EXPECT_NE(error_in("a/n 12345678\n").find("expected a name"), std::string::npos);
  EXPECT_NE(error_in("ann 1234567\n").find("expected a token of 8 to 200"), std::string::npos);
  EXPECT_EQ(error_in("ann 1234567\n").find("1234567"), std::string::npos);
  EXPECT_NE(error_in("ann 12345678\nann 12345679\n").find(":2: the name ann twice"),
            std::string::npos);
  EXPECT_NE(error_in("ann 12345678\nbob 12345678\n").find("ann and bob have the same token"),
            std::string::npos);
  EXPECT_NE(error_of([&] { read_league_users(folder_ / "none.txt"); }).find("none.txt"),
            std::string::npos);
}

TEST_F(LeagueUsersTest, NamesAreShortAndPlain) {
  for (const char* name : {"", "ann lee", "<b>", "\xc3\xbc", "a\n"}) {
    EXPECT_NE(error_of([&] { check_user_name(name); }), "") << name;
  }
  EXPECT_NE(error_of([] { check_user_name(std::string(33, 'a')); }), "");
  EXPECT_EQ(error_of([] { check_user_name(std::string(32, 'a')); }), "");
}

TEST_F(LeagueUsersTest, TokensAreLongAndDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(make_token());
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 32u);
}

TEST_F(LeagueUsersTest, ATokenFindsItsUser) {
  const std::vector<LeagueUser> users{{"ann", "11111111"}, {"bob", "22222222"}};
  EXPECT_EQ(find_user(users, "22222222")->name, "bob");
  for (const char* token : {"", "2222222", "222222222", "33333333", "bob"}) {
    EXPECT_EQ(find_user(users, token), nullptr) << token;
  }
}

}  // namespace
}  // namespace foresight

// Who may play in a league: names and access tokens, in a text file of lines "name token".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

struct LeagueUser {
  std::string name;   // 1 to 32 of A-Z a-z 0-9 . _ -
  std::string token;  // 8 to 200 visible ASCII characters
};

// Empty lines and those that begin with # are passed over. Error: file and line of a mistake; the
// token itself is never shown.
std::vector<LeagueUser> read_league_users(const std::filesystem::path& file);
void write_league_users(const std::filesystem::path& file, const std::vector<LeagueUser>& users);

// Error: what is wrong with a name.
void check_user_name(const std::string& name);

// 32 hexadecimal digits from the operating system's entropy.
std::string make_token();

// Null: nobody has this token. Takes as long for a nearly right token as for a wrong one.
const LeagueUser* find_user(const std::vector<LeagueUser>& users, std::string_view token);

}  // namespace foresight

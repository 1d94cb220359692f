#include "net/league_users.h"

#include <algorithm>
#include <cctype>
#include <random>
#include <span>
#include <sstream>

#include "base/error.h"
#include "base/input_file.h"
#include "io/atomic_file.h"

namespace foresight {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxNameLetters = 32;
constexpr std::size_t kMinTokenLetters = 8;
constexpr std::size_t kMaxTokenLetters = 200;

bool is_name_letter(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < 0x80 &&
         (std::isalnum(byte) != 0 || letter == '.' || letter == '_' || letter == '-');
}

bool is_visible(char letter) { return letter > ' ' && letter < 0x7f; }

void check_token(const std::string& token) {
  if (token.size() < kMinTokenLetters || token.size() > kMaxTokenLetters ||
      !std::ranges::all_of(token, is_visible)) {
    fail("expected a token of {} to {} visible letters, found one of {}", kMinTokenLetters,
         kMaxTokenLetters, token.size());
  }
}

LeagueUser parse_line(const std::string& line) {
  std::istringstream words(line);
  LeagueUser user;
  std::string rest;
  if (!(words >> user.name >> user.token) || words >> rest) {
    fail("expected \"name token\" with one space between");
  }
  check_user_name(user.name);
  check_token(user.token);
  return user;
}

bool is_equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace

void check_user_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameLetters || !std::ranges::all_of(name, is_name_letter)) {
    fail(
        "expected a name of 1 to {} letters, digits, dots, dashes and underscores, found one of {} "
        "characters",
        kMaxNameLetters, name.size());
  }
}

std::vector<LeagueUser> read_league_users(const std::filesystem::path& file) {
  std::istringstream lines(read_text_file(file, kMaxFileBytes));
  std::vector<LeagueUser> users;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    try {
      users.push_back(parse_line(line));
    } catch (const Error& problem) {
      fail("{}:{}: {}", display_path(file), number, problem.what());
    }
    const LeagueUser& last = users.back();
    for (const LeagueUser& other : std::span(users).first(users.size() - 1)) {
      if (other.name == last.name) {
        fail("{}:{}: the name {} twice", display_path(file), number, last.name);
      }
      if (other.token == last.token) {
        fail("{}:{}: {} and {} have the same token", display_path(file), number, other.name,
             last.name);
      }
    }
  }
  return users;
}

void write_league_users(const std::filesystem::path& file, const std::vector<LeagueUser>& users) {
  std::string text = "# name and access token (COMPRL_ACCESS_TOKEN) of each player: keep secret\n";
  for (const LeagueUser& user : users) text += fmt::format("{} {}\n", user.name, user.token);
  write_file_atomically(file, text);
}

std::string make_token() {
  constexpr int kNumWords = 4;
  std::random_device system;
  std::string token;
  for (int i = 0; i < kNumWords; ++i) token += fmt::format("{:08x}", system());
  return token;
}

const LeagueUser* find_user(const std::vector<LeagueUser>& users, std::string_view token) {
  const LeagueUser* found = nullptr;
  for (const LeagueUser& user : users) {
    if (is_equal_in_constant_time(user.token, token)) found = &user;
  }
  return found;
}

}  // namespace foresight

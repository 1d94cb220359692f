#include "net/league_page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace foresight {
namespace {

void rate_simply(LeagueRating& first, LeagueRating& second, int outcome) {
  first.mu += outcome;
  second.mu -= outcome;
}

class LeaguePageTest : public testing::Test {
 protected:
  LeaguePageTest() {
    table_.enter("zoe");
    table_.add({.game = "g",
                .time = "now",
                .left = "ann",
                .right = "bob",
                .left_score = 3,
                .right_score = 1,
                .steps = 700});
    moment_.num_waiting = 2;
    moment_.online["ann"] = 1;
    moment_.matches = {"ann 1:0 <bob>"};
  }
  std::string get(const std::string& request) const {
    return page_response(request, table_, moment_);
  }
  static std::string body(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
  }

  LeagueTable table_{"", rate_simply};
  LeagueMoment moment_;
};

TEST_F(LeaguePageTest, ShowsTheTableAndReloadsItself) {
  const std::string page = get("GET / HTTP/1.1\r\nHost: x");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(page.find(fmt::format("Content-Length: {}\r\n", body(page).size())), std::string::npos);
  EXPECT_NE(page.find("http-equiv=\"refresh\""), std::string::npos);
  EXPECT_LT(page.find("ann"), page.find("zoe"));
  EXPECT_NE(page.find("3:1"), std::string::npos);
  // Self-contained: nothing is fetched from anywhere.
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
}

TEST_F(LeaguePageTest, LetsNobodyWriteHtml) {
  const std::string page = get("GET / HTTP/1.1");
  EXPECT_EQ(page.find("<bob>"), std::string::npos);
  EXPECT_NE(page.find("&lt;bob&gt;"), std::string::npos);
}

TEST_F(LeaguePageTest, GivesTheTableToPrograms) {
  const auto json = nlohmann::json::parse(body(get("GET /table.json?x HTTP/1.1")));
  EXPECT_EQ(json.at("games"), 1);
  EXPECT_EQ(json.at("waiting"), 2);
  EXPECT_EQ(json.at("table").at(0).at("name"), "ann");
  EXPECT_EQ(json.at("table").at(0).at("wins"), 1);
  EXPECT_EQ(json.at("table").at(0).at("online"), true);
  EXPECT_EQ(json.at("table").size(), 3u);
}

TEST_F(LeaguePageTest, HeadHasNoBody) { EXPECT_TRUE(body(get("HEAD / HTTP/1.1")).empty()); }

TEST_F(LeaguePageTest, RefusesEverythingElse) {
  EXPECT_TRUE(get("GET /tokens.txt HTTP/1.1").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("GET /../tokens.txt HTTP/1.1").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("POST / HTTP/1.1").starts_with("HTTP/1.1 405 "));
  for (const char* request : {"", "GET", "GET /", " / ", "\r\n", "\x16\x03\x01"}) {
    const std::string page = get(request);
    EXPECT_TRUE(page.starts_with("HTTP/1.1 40")) << request << page;
  }
}

}  // namespace
}  // namespace foresight

// Client and server against an independent peer: Twisted's implementation of AMP, in Python.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "net/loopback.h"

namespace foresight {
namespace {

// A script beside this file; its lines.
class Script {
 public:
  Script(const char* python, const std::string& words)
      : pipe_(::popen(
            fmt::format("'{}' '{}/tests/net/'{}", python, FORESIGHT_SOURCE_DIR, words).c_str(),
            "r")) {}
  ~Script() { ::pclose(pipe_); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  std::string line() {
    std::string text;
    for (int letter = 0; (letter = std::fgetc(pipe_)) != EOF && letter != '\n';) {
      text += static_cast<char>(letter);
    }
    return text;
  }

 private:
  std::FILE* pipe_;
};

class TwistedTest : public testing::Test {
 protected:
  void SetUp() override {
    python_ = std::getenv("FORESIGHT_AMP_PYTHON");
    if (python_ == nullptr) {
      GTEST_SKIP() << "set FORESIGHT_AMP_PYTHON to a Python interpreter with the packages of "
                      "scripts/requirements-tests.txt";
    }
  }
  const char* python_ = nullptr;
};

TEST_F(TwistedTest, OurClientPlaysAMatchOnItsServer) {
  Script server(python_, "twisted_server.py");
  const std::string port = server.line();
  ASSERT_FALSE(port.empty());
  TestPlayer player;
  TestObserver observer;
  auto config = quick_client(static_cast<std::uint16_t>(std::stoi(port)));
  config.games = 2;
  TournamentClient client(config, player, observer);
  client.run([] { return false; });
  const auto seen = nlohmann::json::parse(server.line());
  EXPECT_FALSE(seen.contains("problem")) << seen;
  EXPECT_EQ(seen.at("token"), "tok-a-secret");
  EXPECT_EQ(seen.at("version"), 1);
  EXPECT_EQ(seen.at("actions"), 600);
  EXPECT_EQ(seen.at("ready"), (nlohmann::json{true, true, false}));
  EXPECT_EQ(client.totals().wins, 1);
  EXPECT_EQ(client.totals().losses, 1);
  EXPECT_EQ(client.totals().lost_connections, 0);
  ASSERT_EQ(observer.games.size(), 2u);
  EXPECT_EQ(observer.games[0].name, "00010203-0405-0607-0809-0a0b0c0d0e0f");
  EXPECT_EQ(observer.games[1].own_score, 0.30000000000000004);
  EXPECT_TRUE(std::isinf(observer.games[1].other_score));
  EXPECT_TRUE(observer.heard("Authentication successful"));
}

TEST_F(TwistedTest, ItsClientPlaysAGameOnOurServer) {
  RunningLeague league({}, {{"twisted", "token-of-twisted"}, {"bob", "tok-a-secret"}});
  TestPlayer player;
  TestObserver observer;
  auto config = quick_client(league.port());
  config.games = 1;
  TournamentClient client(config, player, observer);
  std::atomic<bool> is_over = false;
  std::thread bob([&] { client.run([&] { return is_over.load(); }); });
  Script script(python_, fmt::format("twisted_client.py {} token-of-twisted", league.port()));
  const std::string line = script.line();
  is_over = line.empty();
  bob.join();
  const auto seen = nlohmann::json::parse(line);
  EXPECT_EQ(seen.at("order"),
            (nlohmann::json{"Auth", "Ready", "StartGame", "Step", "Ready", "EndGame"}));
  EXPECT_EQ(seen.at("lengths"), nlohmann::json{18});
  EXPECT_EQ(seen.at("errors"), nlohmann::json::array());
  EXPECT_EQ(seen.at("messages"), (nlohmann::json{"Authentication successful", "Waiting in queue"}));
  ASSERT_EQ(observer.games.size(), 1u);
  const GameRecord& game = observer.games[0];
  EXPECT_EQ(seen.at("steps"), game.steps);
  EXPECT_EQ(seen.at("stats").at(0), game.other_score);
  EXPECT_EQ(seen.at("stats").at(1), game.own_score);
  EXPECT_EQ(seen.at("result"), game.other_score > game.own_score);
  league.stop();
  EXPECT_EQ(league.table().num_games(), 1);
}

TEST_F(TwistedTest, ItsClientIsToldThatItsTokenIsWrong) {
  RunningLeague league({}, {{"bob", "tok-a-secret"}});
  Script script(python_, fmt::format("twisted_client.py {} wrong-token", league.port()));
  const auto seen = nlohmann::json::parse(script.line());
  EXPECT_EQ(seen.at("errors"), (nlohmann::json{"Authentication failed"}));
  EXPECT_EQ(seen.at("steps"), 0);
}

}  // namespace
}  // namespace foresight

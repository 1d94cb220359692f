// The client against servers that do what servers should not.
#include "net/tournament_client.h"

#include <gtest/gtest.h>

#include "net/hex.h"
#include "net/loopback.h"

namespace foresight {
namespace {

constexpr double kSoon = 0.3;  // seconds, of limits that a test waits for

AmpBox kick_off() {
  std::vector<double> observation(18, 0.0);
  observation[0] = -3.0;
  observation[6] = 3.0;
  return {{"obv", amp_float_list(observation)}};
}
const AmpBox kGame{{"game_id", "0123456789abcdef"}};
AmpBox end(bool won, double own, double other) {
  return {{"result", amp_boolean(won)}, {"stats", amp_float_list(std::vector{own, other})}};
}

// A whole short game, as the public server orders it. The client's answer to the next Ready.
std::string play_game(RawPeer& peer, int num_steps = 3) {
  peer.ask("StartGame", kGame);
  for (int i = 0; i < num_steps; ++i) {
    const auto action = parse_amp_float_list(peer.ask("Step", kick_off()).at("action"));
    EXPECT_EQ(action.size(), 4u);
    for (const double number : action) EXPECT_LE(std::abs(number), 1.0);
  }
  const std::string ready = peer.ask("Ready").at("ready");
  peer.ask("EndGame", end(true, 3, 1));
  return ready;
}

class TournamentClientTest : public testing::Test {
 protected:
  // What run() throws, empty if nothing.
  std::string play(const TournamentClientConfig& config) {
    TournamentClient client(config, player_, observer_);
    std::string error;
    try {
      client.run([this] { return is_stopping_.load(); });
    } catch (const Error& problem) {
      error = problem.what();
    }
    totals_ = client.totals();
    return error;
  }

  TestPlayer player_;
  TestObserver observer_;
  CompetitionTotals totals_;
  std::atomic<bool> is_stopping_ = false;
};

TEST_F(TournamentClientTest, PlaysAsManyGamesAsAskedForAndLeaves) {
  ScriptedServer server({[](RawPeer& peer) {
    peer.log_in_client();
    peer.ask("Message", {{"msg", "Authentication successful"}});
    EXPECT_EQ(play_game(peer), "True");
    EXPECT_EQ(play_game(peer), "False");
    EXPECT_EQ(peer.read(), std::nullopt);
  }});
  auto config = quick_client(server.port());
  config.games = 2;
  EXPECT_EQ(play(config), "");
  EXPECT_EQ(totals_.games, 2);
  EXPECT_EQ(totals_.wins, 2);
  EXPECT_EQ(totals_.steps, 6);
  EXPECT_EQ(totals_.latency.count(), 6);
  EXPECT_TRUE(observer_.heard("Authentication successful"));
}

TEST_F(TournamentClientTest, ComesBackWhenTheServerVanishesInAGame) {
  ScriptedServer server({[](RawPeer& peer) {
                           peer.log_in_client();
                           peer.ask("StartGame", kGame);
                           peer.ask("Step", kick_off());
                         },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           EXPECT_EQ(play_game(peer), "False");
                         }});
  auto config = quick_client(server.port());
  config.games = 1;
  EXPECT_EQ(play(config), "");
  EXPECT_EQ(totals_.games, 1);
  EXPECT_EQ(totals_.cut_off, 1);
  ASSERT_EQ(observer_.games.size(), 2u);
  EXPECT_FALSE(observer_.games[0].is_finished);
  EXPECT_EQ(observer_.games[0].steps, 1);
  EXPECT_TRUE(observer_.heard("the connection was closed; trying again in 0.0 s"));
}

TEST_F(TournamentClientTest, ComesBackAfterHalfAMessageAndAfterGarbage) {
  ScriptedServer server({[](RawPeer& peer) {
                           peer.log_in_client();
                           peer.send(from_hex("00045f61736b000133"));
                         },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           peer.send(from_hex("ffffffffffffffffff"));
                           peer.read_to_end();
                         },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           peer.send(from_hex("000161ffff") + std::string(65'535, 'x') +
                                     from_hex("000162ffff") + std::string(65'535, 'x') +
                                     from_hex("000163ffff") + std::string(65'535, 'x') +
                                     from_hex("000164ffff") + std::string(65'535, 'x'));
                           peer.read_to_end();
                         },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           EXPECT_EQ(play_game(peer), "False");
                         }});
  auto config = quick_client(server.port());
  config.games = 1;
  EXPECT_EQ(play(config), "");
  EXPECT_TRUE(observer_.heard("closed in the middle of a message"));
  EXPECT_TRUE(observer_.heard("the server sent a key of 65535 bytes"));
  EXPECT_TRUE(observer_.heard("the server sent a box of more than 262144 bytes"));
  EXPECT_EQ(totals_.lost_connections, 3);
}

TEST_F(TournamentClientTest, GivesUpAtOnceOnAServerOfAnotherKind) {
  ScriptedServer server({[](RawPeer& peer) {
    peer.send_text("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.read_to_end();
  }});
  const std::string error = play(quick_client(server.port()));
  EXPECT_NE(error.find("does not speak the tournament's protocol"), std::string::npos) << error;
}

TEST_F(TournamentClientTest, AWrongTokenSaysWhatToDo) {
  ScriptedServer server({[](RawPeer& peer) {
    peer.ask("Auth");
    peer.send(tournament::question(2, "Error", {{"msg", "Authentication failed"}}));
  }});
  const std::string error = play(quick_client(server.port()));
  EXPECT_NE(error.find("set COMPRL_ACCESS_TOKEN"), std::string::npos) << error;
  EXPECT_EQ(error.find("tok-a-secret"), std::string::npos) << error;
  EXPECT_EQ(totals_.lost_connections, 0);
}

TEST_F(TournamentClientTest, ASilentServerIsLeftDuringTheLoginAndInAGame) {
  ScriptedServer server({[](RawPeer& peer) { peer.read_to_end(); },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           peer.ask("StartGame", kGame);
                           peer.read_to_end();
                         },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           EXPECT_EQ(play_game(peer), "False");
                         }});
  auto config = quick_client(server.port());
  config.games = 1;
  config.silence_s = kSoon;
  EXPECT_EQ(play(config), "");
  EXPECT_TRUE(observer_.heard("silent for 0.3 s during the login"));
  EXPECT_TRUE(observer_.heard("silent for 0.3 s in a game"));
}

TEST_F(TournamentClientTest, AQueueMayBeSilent) {
  ScriptedServer server({[](RawPeer& peer) {
    peer.log_in_client();
    // Longer than the silence allowed elsewhere: only this side's clock decides.
    const auto begin = NetClock::now();
    while (ms_between(begin, NetClock::now()) < 2000.0 * kSoon) std::this_thread::yield();
    EXPECT_EQ(play_game(peer), "False");
  }});
  auto config = quick_client(server.port());
  config.games = 1;
  config.silence_s = kSoon;
  EXPECT_EQ(play(config), "");
  EXPECT_EQ(totals_.lost_connections, 0);
}

TEST_F(TournamentClientTest, GivesUpWhenNobodyIsThere) {
  std::uint16_t port = 0;
  {
    port = TcpListener("127.0.0.1", 0).port();
  }
  auto config = quick_client(port);
  config.give_up_s = kSoon;
  const auto begin = NetClock::now();
  const std::string error = play(config);
  EXPECT_NE(error.find("gave up after 0 s without success at 127.0.0.1:"), std::string::npos)
      << error;
  EXPECT_NE(error.find("Connection refused"), std::string::npos) << error;
  EXPECT_GT(ms_between(begin, NetClock::now()), 1000.0 * kSoon);
  EXPECT_GT(totals_.lost_connections, 2);
  EXPECT_LT(totals_.lost_connections, 40);  // it waited in between, longer each time
}

TEST_F(TournamentClientTest, GivesUpOnAServerThatLetsItInAndThrowsItOut) {
  const ScriptedServer::Script script = [](RawPeer& peer) { peer.log_in_client(); };
  ScriptedServer server(std::vector<ScriptedServer::Script>(4, script));
  auto config = quick_client(server.port());
  config.give_up_s = 2.0;
  config.settle_s = 10.0;
  const std::string error = play(config);
  EXPECT_NE(error.find("gave up"), std::string::npos) << error;
}

TEST_F(TournamentClientTest, AHostThatDoesNotExistIsNamed) {
  auto config = quick_client(1);
  config.host = "no such host";
  EXPECT_NE(play(config).find("cannot find the host \"no such host\""), std::string::npos);
}

TEST_F(TournamentClientTest, StopsAfterTheGameInProgress) {
  ScriptedServer server({[this](RawPeer& peer) {
    peer.log_in_client();
    peer.ask("StartGame", kGame);
    peer.ask("Step", kick_off());
    is_stopping_ = true;
    // The client notices within a turn; until then its answers change nothing.
    while (peer.ask("Ready").at("ready") == "True") {
    }
    peer.ask("Step", kick_off());
    peer.ask("EndGame", end(false, 0, 4));
    EXPECT_EQ(peer.read(), std::nullopt);
  }});
  EXPECT_EQ(play(quick_client(server.port())), "");
  EXPECT_EQ(totals_.losses, 1);
  EXPECT_EQ(totals_.cut_off, 0);
}

TEST_F(TournamentClientTest, StopsAtOnceInTheQueueAndWithoutAServer) {
  ScriptedServer server({[this](RawPeer& peer) {
    peer.log_in_client();
    is_stopping_ = true;
    peer.read_to_end();
  }});
  EXPECT_EQ(play(quick_client(server.port())), "");
  EXPECT_EQ(totals_.games, 0);
  EXPECT_EQ(play(quick_client(1)), "");
}

TEST_F(TournamentClientTest, AServerThatAsksWithoutReadingIsLeft) {
  ScriptedServer server({[](RawPeer& peer) {
                           peer.log_in_client();
                           const std::string ask(60'000, 'a');
                           AmpBox box{{"_ask", ask}, {"_command", "Message"}, {"msg", "x"}};
                           const std::string bytes = encode_amp(box);
                           try {
                             for (int i = 0; i < 2000; ++i) peer.send(bytes);
                             ADD_FAILURE() << "120 MB of questions were taken";
                           } catch (const ConnectionLost&) {
                           }
                         },
                         [](RawPeer& peer) {
                           peer.log_in_client();
                           EXPECT_EQ(play_game(peer), "False");
                         }});
  auto config = quick_client(server.port());
  config.games = 1;
  EXPECT_EQ(play(config), "");
  EXPECT_TRUE(observer_.heard("asks but does not read")) << observer_.words.size();
}

}  // namespace
}  // namespace foresight

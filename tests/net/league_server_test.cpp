// The league server with our own client, and with peers that break its rules.
#include "net/league_server.h"

#include <nlohmann/json.hpp>

#include "io/scratch_folder.h"
#include "net/hex.h"
#include "net/loopback.h"

namespace foresight {
namespace {

constexpr double kSoon = 0.3;  // seconds, of limits that a test waits for

const std::vector<LeagueUser> kUsers{
    {"ann", "token-of-ann"}, {"bob", "token-of-bob"}, {"eve", "token-of-eve"}};

// One of our clients in a thread of its own.
class RunningClient {
 public:
  RunningClient(std::uint16_t port, const std::string& token, std::int64_t games,
                std::int64_t connections = 1, OpponentStrength strength = OpponentStrength::kStrong)
      : player_(strength),
        client_(config(port, token, games, connections), player_, observer_),
        thread_([this] {
          try {
            client_.run([this] { return is_stopping_.load(); });
          } catch (const Error& problem) {
            error_ = problem.what();
          }
        }) {}
  ~RunningClient() { wait(); }
  void wait() {
    if (thread_.joinable()) thread_.join();
  }
  void stop() { is_stopping_ = true; }
  // After wait().
  const CompetitionTotals& totals() const { return client_.totals(); }
  const TestObserver& observer() const { return observer_; }
  const std::string& error() const { return error_; }

 private:
  static TournamentClientConfig config(std::uint16_t port, const std::string& token,
                                       std::int64_t games, std::int64_t connections) {
    auto config = quick_client(port);
    config.token = token;
    config.games = games;
    config.connections = connections;
    return config;
  }

  TestPlayer player_;
  TestObserver observer_;
  TournamentClient client_;
  std::atomic<bool> is_stopping_ = false;
  std::string error_;
  std::thread thread_;
};

class LeagueServerTest : public ScratchFolder {
 protected:
  static LeagueServerConfig config() { return {.rematch_wait_s = 0.0, .num_rounds = 2}; }
  // Logs in and waits until the server says that it is in the queue.
  static RawPeer queued(const RunningLeague& league, const std::string& token) {
    RawPeer peer = RawPeer::connect(league.port());
    peer.log_in(token);
    const AmpBox welcome = peer.await("Message");
    EXPECT_EQ(welcome.at("msg"), tournament::kWelcome);
    peer.answer(welcome, {});
    const AmpBox waiting = peer.await("Message");
    EXPECT_EQ(waiting.at("msg"), tournament::kWaiting);
    peer.answer(waiting, {});
    return peer;
  }
  // Through the first Step of a game between two raw peers; their questions.
  static std::array<AmpBox, 2> first_steps(RawPeer& a, RawPeer& b) {
    a.answer(a.await("StartGame"), {});
    b.answer(b.await("StartGame"), {});
    return {a.await("Step"), b.await("Step")};
  }
  static AmpBox still() { return {{"action", amp_float_list(std::vector<double>(4, 0.0))}}; }
};

TEST_F(LeagueServerTest, TwoClientsPlayWholeGames) {
  RunningLeague league({.rematch_wait_s = 0.0}, kUsers, folder_);
  {
    RunningClient ann(league.port(), "token-of-ann", 3);
    RunningClient bob(league.port(), "token-of-bob", 3, 1, OpponentStrength::kWeak);
    ann.wait();
    bob.wait();
    EXPECT_EQ(ann.error(), "");
    EXPECT_EQ(ann.totals().games, 3);
    EXPECT_EQ(ann.totals().wins, bob.totals().losses);
    EXPECT_EQ(ann.totals().draws, bob.totals().draws);
    EXPECT_EQ(ann.totals().losses, bob.totals().wins);
    EXPECT_EQ(ann.totals().cut_off + bob.totals().cut_off, 0);
    EXPECT_EQ(ann.totals().lost_connections, 0);
    for (const GameRecord& game : ann.observer().games) EXPECT_EQ(game.rounds, 4);
  }
  league.stop();
  EXPECT_EQ(league.table().num_games(), 3);
  EXPECT_EQ(league.table().games_between("ann", "bob"), 3);
}

TEST_F(LeagueServerTest, SeveralConnectionsOfSeveralUsersPlayAtOnce) {
  RunningLeague league(config(), kUsers);
  {
    RunningClient ann(league.port(), "token-of-ann", 6, 3);
    RunningClient bob(league.port(), "token-of-bob", 0, 3, OpponentStrength::kWeak);
    RunningClient eve(league.port(), "token-of-eve", 0, 2, OpponentStrength::kWeak);
    ann.wait();
    bob.stop();
    eve.stop();
    EXPECT_EQ(ann.totals().games, 6);
    EXPECT_GT(ann.observer().most_playing, 1);
  }
  league.stop();
  for (const LeagueResult& result : league.table().latest()) EXPECT_NE(result.left, result.right);
}

TEST_F(LeagueServerTest, NobodyMeetsHimself) {
  RunningLeague league(config(), kUsers);
  RawPeer one = queued(league, "token-of-ann");
  RawPeer two = queued(league, "token-of-ann");
  RawPeer other = queued(league, "token-of-bob");
  other.answer(other.await("StartGame"), {});
  one.answer(one.await("StartGame"), {});  // the longest in the queue, not the second connection
  EXPECT_EQ(one.await("Step").at("_command"), "Step");
}

TEST_F(LeagueServerTest, BothSeeTheMirroredFieldAndTheOrderIsThatOfThePublicServer) {
  RunningLeague league(config(), kUsers);
  RawPeer ann = queued(league, "token-of-ann");
  RawPeer bob = queued(league, "token-of-bob");
  auto steps = first_steps(ann, bob);
  const auto seen_by_ann = parse_amp_float_list(steps[0].at("obv"));
  const auto seen_by_bob = parse_amp_float_list(steps[1].at("obv"));
  ASSERT_EQ(seen_by_ann.size(), 18u);
  EXPECT_EQ(seen_by_ann[12], -seen_by_bob[12]);
  EXPECT_EQ(seen_by_ann[0], seen_by_bob[0]);
  for (int step = 1; step < 2 * 251; ++step) {
    ann.answer(steps[0], still());
    bob.answer(steps[1], still());
    steps = {*ann.read(), *bob.read()};
    ASSERT_EQ(steps[0].at("_command"), "Step") << step;
  }
  ann.answer(steps[0], still());
  bob.answer(steps[1], still());
  for (RawPeer* peer : {&ann, &bob}) {
    EXPECT_EQ(peer->read()->at("_command"), "Ready");
    const AmpBox end = *peer->read();
    EXPECT_EQ(end.at("_command"), "EndGame");
    EXPECT_EQ(end.at("result"), "False");  // a draw
    EXPECT_EQ(end.at("stats"), from_hex("0003302e300003302e30"));
  }
}

TEST_F(LeagueServerTest, AWrongTokenAndAWrongVersionAreShownTheDoor) {
  RunningLeague league(config(), kUsers);
  const std::pair<AmpBox, std::string_view> cases[] = {
      {{{"token", "token-of-nobody"}, {"version", "1"}}, tournament::kWrongToken},
      {{{"token", ""}, {"version", "1"}}, tournament::kWrongToken},
      {{{"token", "token-of-ann"}, {"version", "2"}}, tournament::kWrongVersion}};
  for (const auto& [login, reason] : cases) {
    RawPeer peer = RawPeer::connect(league.port());
    peer.answer(peer.await("Auth"), login);
    const AmpBox error = peer.await("Error");
    EXPECT_EQ(error.at("msg"), reason);
    EXPECT_EQ(peer.read_to_end(), "");
  }
  RunningClient client(league.port(), "token-of-nobody", 1);
  client.wait();
  EXPECT_NE(client.error().find("set COMPRL_ACCESS_TOKEN"), std::string::npos) << client.error();
}

TEST_F(LeagueServerTest, GarbageEndsThatConnectionAlone) {
  RunningLeague league(config(), kUsers);
  RawPeer good = queued(league, "token-of-ann");
  const std::string garbage[] = {
      "GET / HTTP/1.1\r\n\r\n",
      from_hex("ffff"),
      from_hex("0000"),
      encode_amp({{"_answer", "1"}, {"token", "x"}}),                      // no version
      encode_amp({{"_answer", "1"}, {"token", "x"}, {"version", "one"}}),  // not a number
      encode_amp({{"_answer", "77"}}),                                     // of no question
      encode_amp({{"_ask", "1"}, {"_command", "Step"}}),                   // it asks us
      encode_amp({{"_error", "1"}, {"_error_code", "UNKNOWN"}, {"_error_description", "\x1b[2J"}}),
      from_hex("000161ffff") + std::string(65'535, 'x')};  // too large
  for (const std::string& bytes : garbage) {
    RawPeer peer = RawPeer::connect(league.port());
    peer.await("Auth");
    peer.send(bytes);
    peer.read_to_end();
  }
  {
    RawPeer half = RawPeer::connect(league.port());
    half.send(from_hex("00075f61"));
  }
  RawPeer other = queued(league, "token-of-bob");
  EXPECT_EQ(first_steps(good, other)[0].at("_command"), "Step");
}

TEST_F(LeagueServerTest, InvalidActionsEndTheGameAndItDoesNotCount) {
  const std::vector<double> invalid[] = {{0, 0, 0},        {0, 0, 0, 0, 0}, {0, 0, 0, 1.5},
                                         {-1.01, 0, 0, 0}, {0, NAN, 0, 0},  {INFINITY, 0, 0, 0}};
  RunningLeague league(config(), kUsers);
  RawPeer bob = queued(league, "token-of-bob");
  for (const auto& action : invalid) {
    RawPeer ann = queued(league, "token-of-ann");
    auto steps = first_steps(ann, bob);
    bob.answer(steps[1], still());
    ann.answer(steps[0], {{"action", amp_float_list(action)}});
    EXPECT_EQ(ann.await("Error").at("msg"), tournament::kInvalidAction);
    EXPECT_EQ(ann.read_to_end(), "");
    const AmpBox ready = bob.await("Ready");
    bob.answer(ready, {{"ready", "True"}});
    EXPECT_EQ(bob.await("EndGame").at("result"), "False");
  }
  league.stop();
  EXPECT_EQ(league.table().num_games(), 0);
}

TEST_F(LeagueServerTest, WhoDoesNotAnswerInTimeIsOutAndTheOtherPlaysOn) {
  auto quick = config();
  quick.answer_timeout_s = kSoon;
  RunningLeague league(quick, kUsers);
  {
    RawPeer silent = RawPeer::connect(league.port());  // not even a login
    silent.await("Auth");
    EXPECT_EQ(silent.await("Error").at("msg"), "No answer within 0.3 s");
  }
  RawPeer ann = queued(league, "token-of-ann");
  RunningClient bob(league.port(), "token-of-bob", 2);
  ann.answer(ann.await("StartGame"), {});
  ann.await("Step");
  EXPECT_EQ(ann.await("Error").at("msg"), "No answer within 0.3 s");
  EXPECT_EQ(ann.read_to_end(), "");
  RunningClient eve(league.port(), "token-of-eve", 1);
  bob.wait();
  EXPECT_EQ(bob.totals().games, 2);  // the one that ann left, and one with eve
  league.stop();
  EXPECT_EQ(league.table().num_games(), 1);
  EXPECT_TRUE(league.has_said("ann left in the middle of a game against bob"));
}

TEST_F(LeagueServerTest, WhoLeavesInTheMiddleOfAGameDoesNotStopTheOther) {
  RunningLeague league(config(), kUsers);
  RunningClient bob(league.port(), "token-of-bob", 2);
  {
    RawPeer ann = queued(league, "token-of-ann");
    ann.answer(ann.await("StartGame"), {});
    ann.answer(ann.await("Step"), still());
    ann.await("Step");
  }
  RunningClient eve(league.port(), "token-of-eve", 1);
  bob.wait();
  eve.wait();
  EXPECT_EQ(bob.totals().games, 2);
  EXPECT_EQ(eve.totals().games, 1);
}

TEST_F(LeagueServerTest, WhoIsNotReadyIsNotAskedAgain) {
  RunningLeague league(config(), kUsers);
  RawPeer ann = RawPeer::connect(league.port());
  ann.answer(ann.await("Auth"), {{"token", "token-of-ann"}, {"version", "1"}});
  ann.answer(ann.await("Ready"), {{"ready", "False"}});
  RunningClient bob(league.port(), "token-of-bob", 1);
  RunningClient eve(league.port(), "token-of-eve", 1);
  bob.wait();
  eve.wait();
  league.stop();
  EXPECT_EQ(league.table().games_between("bob", "eve"), 1);
  // Welcome and farewell, no game.
  EXPECT_EQ(ann.await("Message").at("msg"), tournament::kWelcome);
  EXPECT_EQ(ann.await("Error").at("msg"), "The league is closed");
}

TEST_F(LeagueServerTest, LimitsTheConnectionsOfOneUser) {
  auto strict = config();
  strict.max_connections_per_user = 2;
  RunningLeague league(strict, kUsers);
  RawPeer one = queued(league, "token-of-ann");
  RawPeer two = queued(league, "token-of-ann");
  RawPeer three = RawPeer::connect(league.port());
  three.answer(three.await("Auth"), {{"token", "token-of-ann"}, {"version", "1"}});
  EXPECT_EQ(three.await("Error").at("msg"), "More than 2 connections");
  queued(league, "token-of-bob");
}

TEST_F(LeagueServerTest, TheClientReconnectsToARestartedServerThatRemembersEverything) {
  std::uint16_t port = 0;
  LeagueTable* remembered = nullptr;
  const auto say = [](std::string_view) {};
  const auto rate = [](LeagueRating& first, LeagueRating&, int outcome) { first.mu += outcome; };
  TestObserver observer;
  std::atomic<bool> is_stopping = false;
  std::thread clients;
  CompetitionTotals totals;
  for (int life = 0; life < 2; ++life) {
    LeagueTable table(folder_, rate);
    EXPECT_EQ(table.num_games(), 2 * life);
    auto own = config();
    own.port = port;
    own.has_page = false;
    LeagueServer server(own, kUsers, table, say);
    remembered = &table;
    if (life == 0) {
      port = server.port();
      clients = std::thread([&] {
        RunningClient bob(port, "token-of-bob", 0);
        TestPlayer player;
        auto config = quick_client(port);
        config.token = "token-of-ann";
        TournamentClient ann(config, player, observer);
        ann.run([&] { return is_stopping.load(); });
        totals = ann.totals();
        bob.stop();
      });
    }
    // Until two games of this life are over; then everybody is thrown out, as when it is killed.
    server.run([&] { return remembered->num_games() >= 2 * (life + 1); });
    EXPECT_EQ(table.num_games(), 2 * (life + 1));
  }
  is_stopping = true;
  clients.join();
  EXPECT_GE(totals.lost_connections, 1);
  EXPECT_EQ(totals.games, 4);
}

TEST_F(LeagueServerTest, ThePageShowsTheTableAndSurvivesVisitors) {
  RunningLeague league(config(), kUsers);
  {
    RunningClient ann(league.port(), "token-of-ann", 1);
    RunningClient bob(league.port(), "token-of-bob", 1);
  }
  RawPeer silent = RawPeer::connect(league.page_port());
  RawPeer long_winded = RawPeer::connect(league.page_port());
  long_winded.send("GET / HTTP/1.1\r\n" + std::string(20'000, 'x'));
  EXPECT_EQ(long_winded.read_to_end(), "");
  {
    RawPeer::connect(league.page_port()).send_text("GET / HT");
  }
  RawPeer visitor = RawPeer::connect(league.page_port());
  visitor.send_text("GET /table.json HTTP/1.1\r\nHost: ");
  visitor.send_text("localhost\r\n\r\n");
  const std::string response = visitor.read_to_end();
  const auto json = nlohmann::json::parse(response.substr(response.find("\r\n\r\n")));
  EXPECT_EQ(json.at("games"), 1);
  EXPECT_EQ(json.at("table").size(), 3u);
  EXPECT_EQ(response.find("token-of"), std::string::npos);
}

TEST_F(LeagueServerTest, APortInUseIsNamed) {
  const TcpListener taken("127.0.0.1", 0);
  LeagueTable table("", [](LeagueRating&, LeagueRating&, int) {});
  auto own = config();
  own.port = taken.port();
  const std::string error = error_of([&] { LeagueServer(own, kUsers, table, {}); });
  EXPECT_NE(error.find(fmt::format("cannot listen on 127.0.0.1, port {}", taken.port())),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace foresight

#include "net/client_session.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "net/amp_values.h"
#include "net/hex.h"
#include "net/tournament_protocol.h"

namespace foresight {
namespace {

const std::string kToken = "tok-a";

class NotingHost : public ClientSession::Host {
 public:
  bool wants_game(std::int64_t) override { return wants; }
  void on_game_end(const GameRecord& record) override { games.push_back(record); }
  void on_message(std::int64_t, std::string_view text) override { messages.emplace_back(text); }

  bool wants = true;
  std::vector<GameRecord> games;
  std::vector<std::string> messages;
};

class FixedPlayer : public TournamentPlayer {
 public:
  void begin_game(std::int64_t) override { ++games; }
  void act(std::int64_t, bool is_first_step, std::span<const float> observation,
           std::span<float> chosen) override {
    first_steps.push_back(is_first_step);
    seen.assign(observation.begin(), observation.end());
    std::ranges::copy(action, chosen.begin());
  }

  std::array<float, 4> action{0.5f, -1.0f, 0.0f, 1.0f};
  int games = 0;
  std::vector<bool> first_steps;
  std::vector<float> seen;
};

class ClientSessionTest : public testing::Test {
 protected:
  std::optional<AmpBox> receive(const AmpBox& box) {
    return session_.receive(box, NetClock::now());
  }
  std::optional<AmpBox> ask(std::string_view command, const AmpBox& arguments = {}) {
    return receive(tournament::question(++number_, command, arguments));
  }
  AmpBox answered(const AmpBox& values = {}) const {
    return tournament::answer(tournament::ask_text(number_), values);
  }
  std::vector<double> kick_off() const {
    std::vector<double> observation(18, 0.0);
    observation[0] = -3.0;
    observation[6] = 3.0;
    return observation;
  }
  void begin_game() { ask("StartGame", {{"game_id", std::string(16, 'g')}}); }
  std::optional<AmpBox> step(const std::vector<double>& observation) {
    EXPECT_EQ(ask("Step", {{"obv", amp_float_list(observation)}}), std::nullopt);
    EXPECT_TRUE(session_.has_step());
    return session_.act();
  }
  void end_game(bool won, const std::vector<double>& stats) {
    ask("EndGame", {{"result", amp_boolean(won)}, {"stats", amp_float_list(stats)}});
  }

  std::uint64_t number_ = 0;
  NotingHost host_;
  FixedPlayer player_;
  ClientSession session_{0, kToken, host_, player_};
};

TEST_F(ClientSessionTest, AnswersTheRecordedQuestionsWithTheRecordedBytes) {
  const std::pair<const char*, const char*> recorded[] = {
      {"00045f61736b00013100085f636f6d6d616e640004417574680000",
       "00075f616e737765720001310005746f6b656e0005746f6b2d61000776657273696f6e0001310000"},
      {"00045f61736b00013200085f636f6d6d616e64000552656164790000",
       "00075f616e73776572000132000572656164790004547275650000"},
      {"00045f61736b00013500085f636f6d6d616e640009537461727447616d65000767616d655f696400107fb81217a"
       "a"
       "0d4b05ae4fdbba633ca42b0000",
       "00075f616e737765720001350000"},
  };
  for (const auto& [question, answer] : recorded) {
    AmpDecoder decoder;
    decoder.append(from_hex(question));
    const auto reply = receive(*decoder.next());
    ASSERT_TRUE(reply);
    EXPECT_EQ(encode_amp(*reply), from_hex(answer));
  }
  number_ = 5;
  EXPECT_EQ(
      encode_amp(*step(kick_off())),
      from_hex(
          "00075f616e737765720001360006616374696f6e00150003302e3500042d312e300003302e300003312e"
          "300000"));
  AmpDecoder decoder;
  decoder.append(from_hex(
      "00045f61736b00016100085f636f6d6d616e640007456e6447616d650006726573756c74000546616c73"
      "6500057374617473000a0003302e300003332e300000"));
  EXPECT_EQ(receive(*decoder.next()), tournament::answer("a", {}));
  ASSERT_EQ(host_.games.size(), 1u);
  EXPECT_EQ(host_.games[0].name, "7fb81217-aa0d-4b05-ae4f-dbba633ca42b");
  EXPECT_EQ(host_.games[0].own_score, 0.0);
  EXPECT_EQ(host_.games[0].other_score, 3.0);
  EXPECT_FALSE(host_.games[0].won);
  EXPECT_FALSE(host_.games[0].is_draw());
}

TEST_F(ClientSessionTest, ReadyIsAnsweredWhileTheLastGameIsNotOver) {
  ask("Ready");
  begin_game();
  step(kick_off());
  const auto ready = ask("Ready");
  EXPECT_EQ(ready, answered({{"ready", "True"}}));
  EXPECT_TRUE(session_.is_in_game());
  end_game(true, {3, 1});
  EXPECT_FALSE(session_.is_in_game());
  begin_game();
  step(kick_off());
  end_game(false, {2, 2});
  ASSERT_EQ(host_.games.size(), 2u);
  EXPECT_TRUE(host_.games[0].won);
  EXPECT_TRUE(host_.games[1].is_draw());
  EXPECT_EQ(player_.games, 2);
}

TEST_F(ClientSessionTest, DeclinesWhatItsHostDoesNotWant) {
  host_.wants = false;
  EXPECT_FALSE(session_.is_logged_in());
  const auto ready = ask("Ready");
  EXPECT_EQ(ready, answered({{"ready", "False"}}));
  EXPECT_TRUE(session_.is_logged_in());
  EXPECT_TRUE(session_.has_declined());
}

TEST_F(ClientSessionTest, NeverSendsNumbersThatTheServerForbids) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  begin_game();
  player_.action = {std::nanf(""), 1.5f, -kInfinity, -7.0f};
  const auto answer = step(kick_off());
  EXPECT_EQ(parse_amp_float_list(answer->at("action")), (std::vector<double>{0, 1, 0, -1}));
  player_.action = {kInfinity, std::nextafter(1.0f, 2.0f), -1.0f, 1.0f};
  const auto next = step(kick_off());
  EXPECT_EQ(parse_amp_float_list(next->at("action")), (std::vector<double>{0, 1, -1, 1}));
  end_game(true, {1, 0});
  EXPECT_EQ(host_.games.at(0).clamped, 3);
  EXPECT_EQ(host_.games.at(0).replaced, 3);
  EXPECT_EQ(host_.games.at(0).steps, 2);
  EXPECT_EQ(host_.games.at(0).latency.count(), 2);
}

TEST_F(ClientSessionTest, AnObservationThatIsNotFiniteIsMadeSoAndCounted) {
  begin_game();
  auto observation = kick_off();
  observation[12] = std::nan("");
  observation[13] = std::numeric_limits<double>::infinity();
  observation[14] = 1e300;  // beyond single precision
  ASSERT_TRUE(step(observation));
  EXPECT_EQ(player_.seen[12], 0.0f);
  EXPECT_EQ(player_.seen[13], 0.0f);
  EXPECT_EQ(player_.seen[14], 0.0f);
  session_.abandon();
  EXPECT_EQ(host_.games.at(0).odd_observations, 3);
}

TEST_F(ClientSessionTest, SeesRoundsBegin) {
  begin_game();
  auto later = kick_off();
  later[3] = 1.0;  // it moves
  step(later);     // the first of a game begins a round in any case
  step(kick_off());
  step(later);
  step(kick_off());
  EXPECT_EQ(player_.first_steps, (std::vector{true, true, false, true}));
  end_game(true, {1, 0});
  EXPECT_EQ(host_.games.at(0).rounds, 3);
}

TEST_F(ClientSessionTest, AWrongTokenOrVersionEndsAllTries) {
  EXPECT_THROW(ask("Error", {{"msg", "Authentication failed"}}), TournamentRefusal);
  EXPECT_THROW(ask("Error", {{"msg", "Tried to connect with wrong version"}}), TournamentRefusal);
  try {
    ask("Error", {{"msg", "Authentication failed for " + kToken}});
    FAIL();
  } catch (const TournamentRefusal& refusal) {
    const std::string text = refusal.what();
    EXPECT_NE(text.find("COMPRL_ACCESS_TOKEN"), std::string::npos);
    EXPECT_EQ(text.find(kToken), std::string::npos);
  }
}

TEST_F(ClientSessionTest, WordsOfTheServerAreCleanAndWithoutTheToken) {
  const auto first = ask("Message", {{"msg", "Hello \x1b[31m" + kToken + kToken}});
  EXPECT_EQ(first, answered());
  const auto second = ask("Error", {{"msg", "Invalid action"}});
  EXPECT_EQ(second, answered());
  EXPECT_EQ(host_.messages,
            (std::vector<std::string>{"Hello ?[31m(token)(token)", "error: Invalid action"}));
}

TEST_F(ClientSessionTest, AQuestionWithoutANumberWantsNoAnswer) {
  EXPECT_EQ(receive({{"_command", "Message"}, {"msg", "hi"}}), std::nullopt);
  EXPECT_EQ(receive({{"_command", "Dance"}}), std::nullopt);
  begin_game();
  receive({{"_command", "Step"}, {"obv", amp_float_list(kick_off())}});
  EXPECT_EQ(session_.act(), std::nullopt);
}

TEST_F(ClientSessionTest, AnUnknownCommandIsAnsweredWithAnError) {
  const auto answer = ask("Dance", {{"how", "well"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("_error"), "1");
  EXPECT_EQ(answer->at("_error_code"), "UNHANDLED");
}

TEST_F(ClientSessionTest, BoxesThatMayNotComeAreRefused) {
  EXPECT_THROW(receive({{"_answer", "1"}}), AmpError);
  EXPECT_THROW(receive({{"x", "y"}}), AmpError);
  EXPECT_THROW(ask("Step", {{"obv", amp_float_list(kick_off())}}), AmpError);  // of no game
  EXPECT_THROW(ask("StartGame"), AmpError);                                    // without an id
  begin_game();
  EXPECT_THROW(ask("Step", {{"obv", "\x01"}}), AmpError);
  EXPECT_THROW(ask("EndGame", {{"result", "maybe"}, {"stats", ""}}), AmpError);
  EXPECT_EQ(ask("Step", {{"obv", amp_float_list(kick_off())}}), std::nullopt);
  EXPECT_THROW(ask("Step", {{"obv", amp_float_list(kick_off())}}), AmpError);  // two at once
}

TEST_F(ClientSessionTest, AnotherGameIsNamed) {
  begin_game();
  try {
    ask("Step", {{"obv", amp_float_list(std::vector<double>(3, 0.0))}});
    FAIL();
  } catch (const TournamentRefusal& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("its observations have 3 numbers"),
              std::string::npos);
  }
}

TEST_F(ClientSessionTest, AGameThatIsCutOffIsNotedOnce) {
  session_.abandon();
  EXPECT_TRUE(host_.games.empty());
  begin_game();
  step(kick_off());
  begin_game();  // without the end of the first
  ASSERT_EQ(host_.games.size(), 1u);
  EXPECT_FALSE(host_.games[0].is_finished);
  session_.abandon();
  session_.abandon();
  EXPECT_EQ(host_.games.size(), 2u);
  end_game(true, {4, 0});  // of a game that nobody saw begin
  EXPECT_EQ(host_.games.size(), 2u);
}

TEST(TournamentProtocol, QuestionsCountInHexadecimal) {
  EXPECT_EQ(tournament::ask_text(9), "9");
  EXPECT_EQ(tournament::ask_text(10), "a");
  EXPECT_EQ(tournament::ask_text(16), "10");
}

TEST(TournamentProtocol, NamesOfGamesAreShort) {
  EXPECT_EQ(tournament::game_name("ab"), "6162");
  EXPECT_EQ(tournament::game_name(""), "");
  EXPECT_EQ(tournament::game_name(std::string(60'000, 'x')).size(), 128u);
}

}  // namespace
}  // namespace foresight

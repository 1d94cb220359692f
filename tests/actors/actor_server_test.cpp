#include "actors/actor_server.h"

#include <gtest/gtest.h>

#include "actors/actor_program.h"
#include "actors/parcels.h"
#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

using Kind = ActorMessageKind;

const ActorMessageLimits kOfLearners{{Kind::kWelcome, 1 << 20}, {Kind::kWeights, 1 << 20},
                                     {Kind::kOrders, 1 << 16},  {Kind::kReceipt, 8},
                                     {Kind::kRefusal, 1 << 16}, {Kind::kFarewell, 0}};

class ActorServerTest : public ScratchFolder {
 protected:
  // One end of a connection, in the same thread as the server.
  class Peer {
   public:
    explicit Peer(ActorServer& server)
        : server_(server), stream_(resolve_host("127.0.0.1", server.port()).front()) {
      while (stream_.is_connecting()) {
        std::vector<pollfd> wanted{stream_.wanted()};
        wait_for_events(wanted, 1000);
        if (wanted.front().revents != 0) stream_.on_writable();
      }
      server.tend(1000);
    }

    void say(Kind kind, std::string_view payload) { say(encode_actor_message(kind, payload)); }
    void say(const std::string& bytes) {
      stream_.send(bytes);
      server_.tend(1000);
    }
    // The next message, whatever it takes the server; nothing once the server has hung up.
    std::optional<ActorMessage> hear() {
      for (int i = 0; i < 500; ++i) {
        if (auto message = decoder_.next()) return message;
        if (stream_.is_at_end()) return std::nullopt;
        server_.tend(10);
        try {
          decoder_.append(stream_.receive());
        } catch (const ConnectionLost&) {
          return std::nullopt;
        }
      }
      ADD_FAILURE() << "silence";
      return std::nullopt;
    }
    std::string hear_refusal() {
      const auto message = hear();
      return message && message->kind == Kind::kRefusal ? message->payload : "no refusal";
    }
    ActorWelcome greet(const ActorHello& hello) {
      say(Kind::kHello, to_text(hello));
      const auto message = hear();
      EXPECT_TRUE(message && message->kind == Kind::kWelcome);
      return parse_welcome(message->payload);
    }
    ActorWelcome join(const ActorHello& hello) {
      const ActorWelcome welcome = greet(hello);
      say(Kind::kReady, env_text(lone_spec()));
      return welcome;
    }
    std::uint64_t hear_receipt() {
      const auto message = hear();
      EXPECT_TRUE(message && message->kind == Kind::kReceipt);
      return message ? parse_actor_number(message->payload) : 0;
    }

   private:
    ActorServer& server_;
    TcpStream stream_;
    ActorMessageDecoder decoder_{kOfLearners};
  };

  void SetUp() override {
    ScratchFolder::SetUp();
    server_.emplace(ActorServer::Settings{
        .token = "secret",
        .spec = lone_spec(),
        .welcome = {.config = "a = 1\n", .run_folder = "run", .seed = 1, .lead_steps = 10},
        .say = [this](const std::string& line) { said_ += line + "\n"; }});
  }

  static ActorHello hello(const std::string& name = "one", std::uint64_t instance = 7) {
    return {.program = actor_program_text(), .token = "secret", .name = name, .instance = instance};
  }
  std::string episode(std::uint64_t number, float mark) const {
    return actor_number(number) + bytes_of(lone_parcel(3, mark), folder_);
  }
  // The first step's reward of what comes next; -1: nothing.
  float take_and_confirm() {
    const auto arrival = server_->take();
    if (!arrival) return -1.0f;
    server_->confirm(*arrival);
    return arrival->parcel.own.rewards[0];
  }

  std::optional<ActorServer> server_;
  std::string said_;
};

TEST_F(ActorServerTest, StoresAnEpisodeOnceHoweverOftenItIsSent) {
  Peer first(*server_);
  first.join(hello());
  first.say(Kind::kEpisode, episode(1, 10.0f));
  first.say(Kind::kEpisode, episode(1, 10.0f));  // before the first one is taken
  EXPECT_EQ(take_and_confirm(), 10.0f);
  EXPECT_EQ(take_and_confirm(), -1.0f);
  EXPECT_EQ(first.hear_receipt(), 1u);
  EXPECT_EQ(first.hear_receipt(), 1u);
  first.say(Kind::kEpisode, episode(1, 10.0f));  // after it
  EXPECT_EQ(first.hear_receipt(), 1u);
  first.say(Kind::kEpisode, episode(2, 20.0f));
  // Its connection breaks before it has a receipt: it comes back and sends again.
  Peer second(*server_);
  EXPECT_EQ(second.join(hello()).last_number, 1u);
  second.say(Kind::kEpisode, episode(2, 20.0f));
  second.say(Kind::kEpisode, episode(3, 30.0f));
  EXPECT_EQ(take_and_confirm(), 20.0f);
  EXPECT_EQ(take_and_confirm(), 30.0f);
  EXPECT_EQ(take_and_confirm(), -1.0f);
  EXPECT_EQ(second.hear_receipt(), 2u);
}

TEST_F(ActorServerTest, KnowsWhatIsStoredAfterACheckpoint) {
  {
    Peer peer(*server_);
    peer.join(hello());
    peer.say(Kind::kEpisode, episode(5, 1.0f));
    EXPECT_EQ(take_and_confirm(), 1.0f);
  }
  const auto known = server_->known();
  SetUp();
  server_->set_known(known);
  Peer peer(*server_);
  EXPECT_EQ(peer.join(hello("one", 8)).last_number, 5u);
  peer.say(Kind::kEpisode, episode(5, 1.0f));
  peer.say(Kind::kEpisode, episode(6, 2.0f));
  EXPECT_EQ(take_and_confirm(), 2.0f);
  EXPECT_EQ(take_and_confirm(), -1.0f);
}

TEST_F(ActorServerTest, AnEpisodeThatWasSentOutlivesItsActor) {
  {
    Peer peer(*server_);
    peer.join(hello());
    peer.say(Kind::kEpisode, episode(1, 4.0f));
  }
  server_->tend(100);
  EXPECT_EQ(take_and_confirm(), 4.0f);
}

TEST_F(ActorServerTest, RefusesAWrongTokenBuildOrEnvironmentAndSaysWhy) {
  ActorHello wrong = hello();
  wrong.token = "guess";
  Peer stranger(*server_);
  stranger.say(Kind::kHello, to_text(wrong));
  EXPECT_NE(stranger.hear_refusal().find("token is wrong"), std::string::npos);
  EXPECT_EQ(said_.find("guess"), std::string::npos);
  wrong = hello();
  wrong.program = "0.0.1 (old)";
  Peer old(*server_);
  old.say(Kind::kHello, to_text(wrong));
  EXPECT_NE(old.hear_refusal().find("use the same build"), std::string::npos);
  Peer other(*server_);
  other.greet(hello());
  EnvSpec spec = lone_spec();
  spec.observation_dim = 9;
  other.say(Kind::kReady, env_text(spec));
  EXPECT_NE(other.hear_refusal().find("9 observations"), std::string::npos);
  EXPECT_FALSE(other.hear());  // and hangs up
  EXPECT_EQ(server_->num_playing(), 0);
}

TEST_F(ActorServerTest, GarbageHalvesAndVanishedPeersDisturbNobodyElse) {
  Peer good(*server_);
  good.join(hello());
  Peer web(*server_);
  web.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(web.hear_refusal().find("not expected"), std::string::npos);
  {
    Peer vanishing(*server_);
    vanishing.join(hello("half", 9));
    const std::string bytes = encode_actor_message(Kind::kEpisode, episode(1, 1.0f));
    vanishing.say(bytes.substr(0, bytes.size() / 2));
  }
  Peer early(*server_);
  early.say(Kind::kEpisode, episode(1, 1.0f));
  EXPECT_NE(early.hear_refusal().find("not expected"), std::string::npos);
  Peer liar(*server_);
  liar.join(hello("liar", 10));
  liar.say(Kind::kEpisode, actor_number(1) + "no safetensors");
  EXPECT_NE(liar.hear_refusal().find("an actor's episode"), std::string::npos);
  good.say(Kind::kEpisode, episode(1, 6.0f));
  EXPECT_EQ(take_and_confirm(), 6.0f);
  EXPECT_EQ(take_and_confirm(), -1.0f);
  EXPECT_EQ(good.hear_receipt(), 1u);
  EXPECT_EQ(server_->num_playing(), 1);
}

TEST_F(ActorServerTest, ASecondActorOfANameIsRefusedWhileTheFirstIsThere) {
  Peer first(*server_);
  first.join(hello("one", 1));
  Peer second(*server_);
  second.say(Kind::kHello, to_text(hello("one", 2)));
  EXPECT_NE(second.hear_refusal().find("is here already"), std::string::npos);
}

TEST_F(ActorServerTest, CountsWhatAnActorHadBegunWhenItIsStartedAnew) {
  std::int64_t first_seed = 0;
  {
    Peer peer(*server_);
    first_seed = peer.join(hello("one", 1)).seed;
    peer.say(Kind::kPulse, to_text(ActorPulse{{12, 30}}));
    EXPECT_EQ(server_->num_steps_ahead(), 42);
  }
  server_->tend(100);
  Peer again(*server_);
  EXPECT_NE(again.join(hello("one", 2)).seed, first_seed);  // or it would play the same games
  const auto lost = server_->take_lost();
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].length + lost[1].length, 42);
  EXPECT_EQ(server_->num_steps_ahead(), 0);
}

TEST_F(ActorServerTest, TellsThoseWhoPlayOrdersAndTheNewestWeights) {
  server_->set_weights("old");
  server_->set_weights("new");
  server_->set_orders({.phase = 2});
  Peer peer(*server_);
  peer.join(hello());
  const auto orders = peer.hear();
  ASSERT_TRUE(orders && orders->kind == Kind::kOrders);
  EXPECT_EQ(parse_orders(orders->payload).phase, 2);
  const auto weights = peer.hear();
  ASSERT_TRUE(weights && weights->kind == Kind::kWeights);
  EXPECT_EQ(weights->payload, "new");
  server_->say_farewell();
  const auto farewell = peer.hear();
  EXPECT_TRUE(farewell && farewell->kind == Kind::kFarewell);
}

}  // namespace
}  // namespace foresight

#include "actors/actor_message.h"

#include <gtest/gtest.h>

#include <vector>

#include "actors/actor_words.h"
#include "base/error.h"

namespace foresight {
namespace {

using Kind = ActorMessageKind;

const ActorMessageLimits kLimits{{Kind::kHello, 100}, {Kind::kPulse, 1000}};

std::string error_of(const std::string& bytes) {
  ActorMessageDecoder decoder(kLimits);
  decoder.append(bytes);
  try {
    decoder.next();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ActorMessage, ComesWholeInPiecesOfAnySize) {
  const std::string bytes =
      encode_actor_message(Kind::kHello, "who") + encode_actor_message(Kind::kPulse, "");
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    ActorMessageDecoder decoder(kLimits);
    std::vector<ActorMessage> messages;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      decoder.append(bytes.substr(at, size));
      while (auto message = decoder.next()) messages.push_back(*message);
    }
    ASSERT_EQ(messages.size(), 2u) << size;
    EXPECT_EQ(messages[0].kind, Kind::kHello);
    EXPECT_EQ(messages[0].payload, "who");
    EXPECT_EQ(messages[1].kind, Kind::kPulse);
    EXPECT_EQ(messages[1].payload, "");
  }
}

TEST(ActorMessage, RefusesWhatIsNotExpectedBeforeItsEndHasCome) {
  EXPECT_NE(error_of(encode_actor_message(Kind::kWeights, "x")).find("not expected"),
            std::string::npos);
  const std::string long_one = encode_actor_message(Kind::kHello, std::string(101, 'x'));
  EXPECT_NE(error_of(long_one.substr(0, 16)).find("101 bytes, at most 100"), std::string::npos);
  EXPECT_EQ(error_of(std::string(15, '\xff')), "");  // not a header yet
  EXPECT_NE(error_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST(ActorMessage, NoticesEachDamagedByteOfThePayload) {
  const std::string whole = encode_actor_message(Kind::kPulse, "an episode of 12 steps");
  EXPECT_EQ(error_of(whole), "");
  for (std::size_t at = 16; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_NE(error_of(damaged).find("damaged"), std::string::npos) << at;
  }
}

TEST(ActorWords, ReadBackAsTheyWere) {
  const ActorHello hello = parse_hello(to_text(ActorHello{
      .protocol = 3, .program = "1.0 (x)", .token = "t\"", .name = "node", .instance = ~0ULL}));
  EXPECT_EQ(hello.protocol, 3);
  EXPECT_EQ(hello.token, "t\"");
  EXPECT_EQ(hello.instance, ~0ULL);
  const ActorOrders orders{.phase = 2, .phase_episodes = 7, .at_random = true, .copies = "{}"};
  EXPECT_EQ(parse_orders(to_text(orders)), orders);
  EXPECT_EQ(parse_pulse(to_text(ActorPulse{{1, 2}})).unfinished, (std::vector<std::int64_t>{1, 2}));
  const LostEpisode loss = parse_loss(to_text(LostEpisode{1, 5, "bytes \xff that are no text"}));
  EXPECT_EQ(loss.length, 5);
}

TEST(ActorWords, RefuseWhatIsNone) {
  for (const char* text : {"", "{", "[]", "{}", "null", "{\"name\": 3}"}) {
    EXPECT_THROW(parse_hello(text), Error) << text;
    EXPECT_THROW(parse_welcome(text), Error) << text;
    EXPECT_THROW(parse_orders(text), Error) << text;
    EXPECT_THROW(parse_pulse(text), Error) << text;
    EXPECT_THROW(parse_loss(text), Error) << text;
  }
  EXPECT_THROW(parse_pulse(R"({"unfinished": [-1]})"), Error);
  EXPECT_THROW(parse_hello(to_text(ActorHello{.name = ""})), Error);
  EXPECT_THROW(parse_hello(to_text(ActorHello{.name = std::string(101, 'x')})), Error);
}

}  // namespace
}  // namespace foresight

#include "net/amp.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "net/hex.h"

namespace foresight {
namespace {

// Recorded from the tournament's server and a client of its own (spec: test vectors).
struct Recorded {
  const char* hex;
  AmpBox box;
};

const std::string kGameId = from_hex("7fb81217aa0d4b05ae4fdbba633ca42b");
// ListOf Float: [0.5, -1.0, 0.0, 1.0] and [0.0, 3.0].
const std::string kAction = from_hex("0003302e3500042d312e300003302e300003312e30");
const std::string kStats = from_hex("0003302e300003332e30");

std::vector<Recorded> recorded_boxes() {
  return {
      {"00045f61736b00013100085f636f6d6d616e640004417574680000",
       {{"_ask", "1"}, {"_command", "Auth"}}},
      {"00075f616e737765720001310005746f6b656e0005746f6b2d61000776657273696f6e0001310000",
       {{"_answer", "1"}, {"token", "tok-a"}, {"version", "1"}}},
      {"00045f61736b00013200085f636f6d6d616e64000552656164790000",
       {{"_ask", "2"}, {"_command", "Ready"}}},
      {"00075f616e73776572000132000572656164790004547275650000",
       {{"_answer", "2"}, {"ready", "True"}}},
      {"00045f61736b00013500085f636f6d6d616e640009537461727447616d65000767616d655f696400107fb81217a"
       "a"
       "0d4b05ae4fdbba633ca42b0000",
       {{"_ask", "5"}, {"_command", "StartGame"}, {"game_id", kGameId}}},
      {"00075f616e737765720001350000", {{"_answer", "5"}}},
      {"00075f616e737765720001360006616374696f6e00150003302e3500042d312e300003302e300003312e300000",
       {{"_answer", "6"}, {"action", kAction}}},
      {"00045f61736b00016100085f636f6d6d616e640007456e6447616d650006726573756c74000546616c73650005"
       "7374617473000a0003302e300003332e300000",
       {{"_ask", "a"}, {"_command", "EndGame"}, {"result", "False"}, {"stats", kStats}}},
  };
}

std::string all_bytes() {
  std::string bytes;
  for (const Recorded& item : recorded_boxes()) bytes += from_hex(item.hex);
  return bytes;
}

std::vector<AmpBox> all_boxes() {
  std::vector<AmpBox> boxes;
  for (const Recorded& item : recorded_boxes()) boxes.push_back(item.box);
  return boxes;
}

void take_all(AmpDecoder& decoder, std::vector<AmpBox>& boxes) {
  while (auto box = decoder.next()) boxes.push_back(std::move(*box));
}

std::string refusal_of(const std::string& bytes, const AmpLimits& limits = {}) {
  AmpDecoder decoder(limits);
  decoder.append(bytes);
  try {
    while (decoder.next()) {
    }
  } catch (const AmpError& problem) {
    return problem.what();
  }
  return "";
}

TEST(Amp, EncodesTheRecordedBoxes) {
  for (const Recorded& item : recorded_boxes()) {
    EXPECT_EQ(encode_amp(item.box), from_hex(item.hex)) << item.hex;
  }
}

TEST(Amp, DecodesTheRecordedBoxesInOnePiece) {
  AmpDecoder decoder;
  decoder.append(all_bytes());
  std::vector<AmpBox> boxes;
  take_all(decoder, boxes);
  EXPECT_EQ(boxes, all_boxes());
  EXPECT_FALSE(decoder.is_in_box());
}

TEST(Amp, DecodesPiecesOfEverySize) {
  const std::string bytes = all_bytes();
  for (std::size_t size = 1; size < 60; ++size) {
    AmpDecoder decoder;
    std::vector<AmpBox> boxes;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      decoder.append(std::string_view(bytes).substr(at, size));
      take_all(decoder, boxes);
    }
    EXPECT_EQ(boxes, all_boxes()) << size;
  }
}

TEST(Amp, KnowsWhetherItStandsInsideOfABox) {
  const std::string bytes = from_hex(recorded_boxes()[1].hex);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    AmpDecoder decoder;
    decoder.append(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(decoder.next().has_value(), size == bytes.size());
    EXPECT_EQ(decoder.is_in_box(), size > 0 && size < bytes.size()) << size;
  }
}

TEST(Amp, CarriesTheLargestKeysAndValues) {
  AmpBox box;
  box.set(std::string(kMaxAmpKeyBytes, 'k'), std::string(kMaxAmpValueBytes, '\0'));
  box.set("empty", "");
  AmpDecoder decoder;
  decoder.append(encode_amp(box));
  EXPECT_EQ(decoder.next(), box);
  EXPECT_THROW(AmpBox{}.set(std::string(256, 'k'), ""), ContractViolation);
  EXPECT_THROW(AmpBox{}.set("", ""), ContractViolation);
  EXPECT_THROW(AmpBox{}.set("k", std::string(65'536, 'v')), ContractViolation);
  EXPECT_THROW((AmpBox{{"k", ""}, {"k", ""}}), ContractViolation);
}

TEST(Amp, RefusesALongKeyBeforeItsBytesCome) {
  EXPECT_NE(refusal_of(from_hex("0100")).find("a key of 256 bytes"), std::string::npos);
  EXPECT_NE(refusal_of("HTTP/1.1 400 Bad Request\r\n").find("a key of 18516 bytes"),
            std::string::npos);
  EXPECT_NE(refusal_of(from_hex("ffff")).find("a key of 65535 bytes"), std::string::npos);
}

TEST(Amp, RefusesEmptyBoxesAndKeysThatComeTwice) {
  EXPECT_EQ(refusal_of(from_hex("0000")), "an empty box");
  EXPECT_EQ(refusal_of(from_hex("00016100000001610000"
                                "0000")),
            "a box with the same key twice");
}

TEST(Amp, RefusesBoxesBeyondItsLimits) {
  AmpBox large;
  for (char letter = 'a'; letter < 'f'; ++letter) {
    large.set(std::string(1, letter), std::string(1000, 'v'));
  }
  const std::string bytes = encode_amp(large);
  EXPECT_EQ(refusal_of(bytes), "");
  EXPECT_EQ(refusal_of(bytes, {.max_box_bytes = bytes.size()}), "");
  EXPECT_EQ(refusal_of(bytes, {.max_box_bytes = bytes.size() - 1}),
            fmt::format("a box of more than {} bytes", bytes.size() - 1));
  EXPECT_EQ(refusal_of(bytes, {.max_fields = 5}), "");
  EXPECT_EQ(refusal_of(bytes, {.max_fields = 4}), "a box of more than 4 keys");
  // The length alone is enough.
  EXPECT_EQ(refusal_of(from_hex("000161ffff"), {.max_box_bytes = 1000}),
            "a box of more than 1000 bytes");
}

TEST(Amp, AfterARefusalNothingIsRead) {
  AmpDecoder decoder;
  decoder.append(from_hex("ffff"));
  EXPECT_THROW(decoder.next(), AmpError);
  decoder.append(all_bytes());
  EXPECT_THROW(decoder.next(), AmpError);
  EXPECT_THROW(decoder.next(), AmpError);
}

TEST(Amp, RandomBytesEndInBoxesOrARefusal) {
  Rng rng(1, "amp test");
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = all_bytes();
    for (std::uint64_t i = 0; i < 1 + rng.below(4); ++i) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    }
    AmpDecoder decoder;
    decoder.append(bytes);
    try {
      while (const auto box = decoder.next()) {
        AmpDecoder again;
        again.append(encode_amp(*box));
        EXPECT_EQ(again.next(), box);
      }
    } catch (const AmpError&) {  // the one allowed way to fail
    }
  }
}

TEST(Amp, NamesAMissingKey) {
  const AmpBox box{{"a", "1"}};
  EXPECT_EQ(box.at("a"), "1");
  EXPECT_EQ(box.find("b"), nullptr);
  EXPECT_THROW(box.at("b"), AmpError);
}

}  // namespace
}  // namespace foresight

#include "io/event_record.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "io/crc32c.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

using EventRecordTest = ScratchFolder;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

void append_number(std::string& out, std::uint64_t value, int num_bytes) {
  for (int i = 0; i < num_bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

std::uint32_t checksum(const std::string& bytes) {
  return std::rotr(crc32c(std::as_bytes(std::span(bytes))), 15) + 0xA282EAD8u;
}

// A sound frame around any payload, which may say that it is longer than it is.
std::string framed(const std::string& payload, std::uint64_t length) {
  std::string record;
  append_number(record, length, 8);
  append_number(record, checksum(record), 4);
  record += payload;
  append_number(record, checksum(payload), 4);
  return record;
}
std::string framed(const std::string& payload) { return framed(payload, payload.size()); }

std::vector<EventRecord> records_of(const std::filesystem::path& path) {
  std::vector<EventRecord> records;
  EventReader reader(path);
  while (auto record = reader.next()) records.push_back(std::move(*record));
  return records;
}

// Made by tensorboard 2.21.0: RecordWriter.write(Event(...).SerializeToString()).
TEST_F(EventRecordTest, HasTheBytesThatTensorBoardItselfWrites) {
  EXPECT_EQ(hex(version_record(1.5)),
            "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c");
  EXPECT_EQ(hex(scalars_record(300, 1700000000.25, {{"loss/total", 0.1}, {"win", -kInfinity}})),
            "2d000000000000003c418afb0900001040fc54d94110ac022a1f0a110a0a6c6f73732f746f74616c15cdcc"
            "cc3d0a0a0a0377696e15000080ffa0121adf");
  EXPECT_EQ(hex(scalars_record(-5, 1, {{"a", 0}})),
            "200000000000000029eda95009000000000000f03f10fbffffffffffffffff012a0a0a080a016115000000"
            "009618106c");
}

TEST_F(EventRecordTest, LeavesOutWhatTheEventHasItself) {
  EXPECT_EQ(scalars_record(3, 1, {{"step", 3}, {"time_s", 0.5}, {"loss", 2}}),
            scalars_record(3, 1, {{"loss", 2}}));
}

TEST_F(EventRecordTest, WritesInfinityForWhatAFloatCannotHold) {
  EXPECT_EQ(scalars_record(3, 1, {{"a", 1e300}}), scalars_record(3, 1, {{"a", kInfinity}}));
}

TEST_F(EventRecordTest, ReplacesBytesOfANameThatAreNotUtf8) {
  EXPECT_EQ(scalars_record(3, 1, {{"a\xff", 2}}), scalars_record(3, 1, {{"a\xef\xbf\xbd", 2}}));
}

TEST_F(EventRecordTest, ReadsBackWhatWasWritten) {
  const std::int64_t steps[] = {0,
                                1,
                                127,
                                128,
                                -1,
                                std::int64_t{1} << 40,
                                std::numeric_limits<std::int64_t>::max(),
                                std::numeric_limits<std::int64_t>::min()};
  std::string text = version_record(2);
  for (const std::int64_t step : steps) text += scalars_record(step, 1, {{"a", 1}});
  const auto records = records_of(write("a", text));
  ASSERT_EQ(records.size(), std::size(steps) + 1);
  EXPECT_TRUE(records[0].is_version);
  EXPECT_EQ(records[0].bytes, version_record(2));
  for (std::size_t i = 0; i < std::size(steps); ++i) {
    EXPECT_FALSE(records[i + 1].is_version);
    EXPECT_EQ(records[i + 1].step, steps[i]);
    EXPECT_EQ(records[i + 1].bytes, scalars_record(steps[i], 1, {{"a", 1}}));
  }
}

TEST_F(EventRecordTest, SkipsFieldsThatItDoesNotKnow) {
  // Field 6 of each kind of value, then step = 7: what newer programs may add.
  const std::string payload = std::string("\x30\x85\x01\x31", 4) + std::string(8, 'x') +
                              "\x32\x03xyz\x35" + std::string(4, 'x') + "\x10\x07";
  const auto records = records_of(write("a", framed(payload)));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].step, 7);
}

TEST_F(EventRecordTest, StopsAtPayloadsThatAreNoEvents) {
  const std::string payloads[] = {
      "\x10",                                     // a step without a number
      "\x10" + std::string(9, '\xff'),            // a number without an end
      "\x10" + std::string(11, '\xff') + "\x01",  // a number of more than ten bytes
      "\x09" + std::string(7, 'x'),               // half a time
      "\x2a\x05" + std::string(4, 'x'),           // a summary that ends too early
      "\x2a" + std::string(9, '\xff') + "\x01",   // a summary of 2^64 - 1 bytes
      "\x0b",                                     // a group, which events never had
      "\xff",                                     // half a key
  };
  for (const std::string& payload : payloads) {
    const auto path = write("a", version_record(1) + framed(payload) + version_record(1));
    EXPECT_EQ(records_of(path).size(), 1u) << hex(payload);
  }
}

TEST_F(EventRecordTest, StopsAtLengthsThatCannotBe) {
  for (int bits = 1; bits <= 64; ++bits) {
    const std::uint64_t length = bits == 64 ? ~0ull : (std::uint64_t{1} << bits);
    const auto path = write("a", version_record(1) + framed("", length) + version_record(1));
    EXPECT_EQ(records_of(path).size(), 1u) << length;
  }
}

TEST_F(EventRecordTest, StopsAtALengthThatOnlyAFileFullOfHolesHas) {
  const auto path = write("a", framed("", std::uint64_t{1} << 32));
  std::filesystem::resize_file(path, std::uintmax_t{1} << 33);
  EXPECT_TRUE(records_of(path).empty());
}

TEST_F(EventRecordTest, SurvivesAnyBytes) {
  std::mt19937 generator(1);
  const auto below = [&](std::size_t count) { return generator() % count; };
  const std::string sound = scalars_record(300, 1.5, {{"loss", 1}, {"win", 0.5}}).substr(12);
  std::size_t num_accepted = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string payload = sound.substr(0, sound.size() - 4);
    for (std::size_t i = 0; i < 1 + below(4); ++i) {
      payload[below(payload.size())] = static_cast<char>(below(256));
    }
    if (round % 3 == 0) payload.resize(below(payload.size()));
    std::string text = version_record(1) + framed(payload) + version_record(1);
    if (round % 2 == 0) text[below(text.size())] = static_cast<char>(below(256));
    // A new name each: to write over a file makes some file systems wait for the disk.
    const auto path = write(fmt::format("{}", round), text);
    num_accepted += records_of(path).size() == 3 ? 1 : 0;
  }
  EXPECT_GT(num_accepted, 30u);
  EXPECT_LT(num_accepted, 970u);
}

}  // namespace
}  // namespace foresight

#include "io/crc32c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace foresight {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_by(std::size_t count, const std::function<int(int)>& value) {
  Bytes bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::byte>(value(static_cast<int>(i))));
  }
  return bytes;
}

Bytes random_bytes(std::size_t count) {
  std::mt19937 generator(1);
  return bytes_by(count, [&](int) { return static_cast<int>(generator() & 0xFF); });
}

TEST(Crc32c, GivesTheNumbersOfTheStandard) {  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c(bytes_by(32, [](int) { return 0; })), 0x8A9136AAu);
  EXPECT_EQ(crc32c(bytes_by(32, [](int) { return 0xFF; })), 0x62A8AB43u);
  EXPECT_EQ(crc32c(bytes_by(32, [](int i) { return i; })), 0x46DD794Eu);
  EXPECT_EQ(crc32c(bytes_by(32, [](int i) { return 31 - i; })), 0x113FDB5Cu);
  Bytes read_command(48);  // an iSCSI SCSI Read (10) command
  constexpr std::pair<int, int> kNotZero[] = {{0, 0x01},  {1, 0xC0},  {16, 0x14}, {22, 0x04},
                                              {27, 0x14}, {31, 0x18}, {32, 0x28}, {40, 0x02}};
  for (const auto& [index, byte] : kNotZero) {
    read_command.at(static_cast<std::size_t>(index)) = static_cast<std::byte>(byte);
  }
  EXPECT_EQ(crc32c(read_command), 0xD9963A56u);
}

TEST(Crc32c, GivesTheCheckNumberOfTheCatalogue) {
  EXPECT_EQ(crc32c(std::as_bytes(std::span(std::string_view("123456789")))), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, GoesOnWhereverTheBytesAreSplit) {
  const Bytes bytes = random_bytes(100);
  const std::span all(bytes);
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    EXPECT_EQ(crc32c(all.subspan(split), crc32c(all.first(split))), crc32c(all)) << split;
    EXPECT_EQ(crc32c_by_tables(all.subspan(split), crc32c_by_tables(all.first(split))), crc32c(all))
        << split;
  }
}

TEST(Crc32c, IsTheSameByTablesAndByInstruction) {
  if (!has_crc32c_instruction()) GTEST_SKIP() << "this processor has no CRC-32C instruction";
  const Bytes bytes = random_bytes(4096);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; size < 150; ++size) {
      const auto part = std::span(bytes).subspan(begin, size);
      ASSERT_EQ(crc32c_by_instruction(part, 0x12345678u), crc32c_by_tables(part, 0x12345678u))
          << begin << " " << size;
    }
  }
  EXPECT_EQ(crc32c_by_instruction(bytes), crc32c_by_tables(bytes));
}

}  // namespace
}  // namespace foresight

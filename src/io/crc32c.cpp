#include "io/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/error.h"

// The one instruction of one kind of processor: not worth a source file that only some builds have.
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace foresight {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as little-endian");

using Table = std::array<std::uint32_t, 256>;
constexpr std::size_t kWord = 8;

// tables[k][b]: what byte b does to the checksum when k more bytes follow it.
constexpr std::array<Table, kWord> make_tables() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // 0x1EDC6F41, its bits reversed
  std::array<Table, kWord> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1u) != 0 ? kPolynomial : 0u);
    tables[0][byte] = sum;
  }
  for (std::size_t k = 1; k < kWord; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[k - 1][byte];
      tables[k][byte] = (shorter >> 8) ^ tables[0][shorter & 0xFFu];
    }
  }
  return tables;
}

constexpr std::array<Table, kWord> kTables = make_tables();

std::uint64_t word_at(const std::byte* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, kWord);
  return word;
}

#if defined(__x86_64__)

bool find_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t fold(std::span<const std::byte> bytes,
                                                     std::uint32_t sum) {
  std::uint64_t wide = sum;
  for (; bytes.size() >= kWord; bytes = bytes.subspan(kWord)) {
    wide = _mm_crc32_u64(wide, word_at(bytes.data()));
  }
  sum = static_cast<std::uint32_t>(wide);
  for (const std::byte byte : bytes) sum = _mm_crc32_u8(sum, std::to_integer<std::uint8_t>(byte));
  return sum;
}

#else

bool find_instruction() { return false; }
std::uint32_t fold(std::span<const std::byte>, std::uint32_t sum) { return sum; }

#endif

}  // namespace

bool has_crc32c_instruction() {
  static const bool kIsThere = find_instruction();
  return kIsThere;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) {
  return has_crc32c_instruction() ? crc32c_by_instruction(bytes, previous)
                                  : crc32c_by_tables(bytes, previous);
}

std::uint32_t crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t previous) {
  std::uint32_t sum = ~previous;
  for (; bytes.size() >= kWord; bytes = bytes.subspan(kWord)) {
    const std::uint64_t word = word_at(bytes.data()) ^ sum;
    sum = 0;
    for (std::size_t i = 0; i < kWord; ++i) sum ^= kTables[kWord - 1 - i][(word >> (8 * i)) & 0xFF];
  }
  for (const std::byte byte : bytes) {
    sum = (sum >> 8) ^ kTables[0][(sum ^ std::to_integer<std::uint32_t>(byte)) & 0xFFu];
  }
  return ~sum;
}

std::uint32_t crc32c_by_instruction(std::span<const std::byte> bytes, std::uint32_t previous) {
  FS_CHECK(has_crc32c_instruction(), "this processor has no CRC-32C instruction");
  return ~fold(bytes, ~previous);
}

}  // namespace foresight

// CRC-32C (Castagnoli), the checksum of TFRecord files and of checkpoints.
// Source: RFC 3720, section 12.1; the tables are Intel's "slicing-by-8" (Kounavis and Berry, 2005).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace foresight {

// The checksum of `bytes`; with `previous`, that of bytes which came before, the checksum of both
// together: crc32c(b, crc32c(a)) == crc32c(a + b).
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

// The two ways to compute it. Use crc32c(), which chooses; a test holds them against each other.
std::uint32_t crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t previous = 0);
bool has_crc32c_instruction();  // of this processor: SSE 4.2
// ContractViolation on a processor without it.
std::uint32_t crc32c_by_instruction(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace foresight

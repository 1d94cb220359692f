#include "actors/actor_message.h"

#include <bit>
#include <cstring>
#include <span>

#include "base/error.h"
#include "io/crc32c.h"

namespace foresight {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kHeaderBytes = 16;

template <typename Number>
void append_number(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <typename Number>
Number number_at(std::string_view bytes, std::size_t position) {
  Number number{};
  std::memcpy(&number, bytes.data() + position, sizeof number);
  return number;
}

std::uint32_t checksum_of(std::string_view payload) {
  return crc32c(std::as_bytes(std::span(payload.data(), payload.size())));
}

}  // namespace

std::string encode_actor_message(ActorMessageKind kind, std::string_view payload) {
  std::string bytes;
  bytes.reserve(kHeaderBytes + payload.size());
  append_number(bytes, static_cast<std::uint32_t>(kind));
  append_number(bytes, checksum_of(payload));
  append_number(bytes, static_cast<std::uint64_t>(payload.size()));
  bytes += payload;
  return bytes;
}

std::optional<ActorMessage> ActorMessageDecoder::next() {
  if (buffer_.size() < kHeaderBytes) return std::nullopt;
  const auto number = number_at<std::uint32_t>(buffer_, 0);
  const auto length = number_at<std::uint64_t>(buffer_, 8);
  const auto limit = limits_.find(static_cast<ActorMessageKind>(number));
  if (limit == limits_.end()) fail("a message of kind {} is not expected here", number);
  if (length > limit->second) {
    fail("a message of kind {} has {} bytes, at most {} are expected", number, length,
         limit->second);
  }
  if (buffer_.size() - kHeaderBytes < length) return std::nullopt;
  ActorMessage message{.kind = limit->first,
                       .payload = buffer_.substr(kHeaderBytes, static_cast<std::size_t>(length))};
  const auto expected = number_at<std::uint32_t>(buffer_, 4);
  const std::uint32_t found = checksum_of(message.payload);
  if (found != expected) {
    fail("a message of kind {} is damaged: expected the checksum {:08x}, found {:08x}", number,
         expected, found);
  }
  buffer_.erase(0, kHeaderBytes + static_cast<std::size_t>(length));
  return message;
}

std::string actor_number(std::uint64_t number) {
  std::string bytes;
  append_number(bytes, number);
  return bytes;
}

std::uint64_t parse_actor_number(std::string_view payload) {
  if (payload.size() < sizeof(std::uint64_t)) {
    fail("a number of {} bytes, expected {}", payload.size(), sizeof(std::uint64_t));
  }
  return number_at<std::uint64_t>(payload, 0);
}

}  // namespace foresight

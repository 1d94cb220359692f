#include "io/event_record.h"

#include <bit>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/input_file.h"
#include "io/crc32c.h"
#include "io/png.h"

namespace foresight {
namespace {

// Kinds of values in a protocol buffer, and the numbers of the fields that are used here.
enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
enum EventField : std::uint32_t { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
constexpr std::uint32_t kSummaryValue = 1;
enum ValueField : std::uint32_t { kTag = 1, kSimpleValue = 2, kImage = 4 };
enum ImageField : std::uint32_t { kHeight = 1, kWidth = 2, kChannels = 3, kEncoded = 4 };

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kChecksumBytes = 4;
// Other programs may add pictures to a folder, but a length beyond this one is damage.
constexpr std::uint64_t kMaxPayloadBytes = std::uint64_t{1} << 28;

void append_little_endian(std::string& out, std::uint64_t value, std::size_t num_bytes) {
  for (std::size_t i = 0; i < num_bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// A checksum of bytes that hold checksums is weak, so TFRecord stores it in disguise.
std::uint32_t masked_checksum(std::string_view bytes) {
  return std::rotr(crc32c(std::as_bytes(std::span(bytes))), 15) + 0xA282EAD8u;
}

std::string framed(std::string_view payload) {
  std::string record;
  append_little_endian(record, payload.size(), kLengthBytes);
  append_little_endian(record, masked_checksum(record), kChecksumBytes);
  record += payload;
  append_little_endian(record, masked_checksum(payload), kChecksumBytes);
  return record;
}

// Seven bits a byte, the lowest first; the eighth says that more follow.
void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void append_key(std::string& out, std::uint32_t field, Wire wire) {
  append_varint(out, (field << 3) | wire);
}

void append_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_key(out, field, kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

std::string event_at(double wall_time_s) {
  std::string event;
  append_key(event, kWallTime, kFixed64);
  append_little_endian(event, std::bit_cast<std::uint64_t>(wall_time_s), sizeof(double));
  return event;
}

// TensorBoard reads nothing of a file that holds a name which is not UTF-8.
std::string valid_utf8(const std::string& text) {
  using Json = nlohmann::json;
  const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

std::string scalar(const std::string& name, double number) {
  std::string value;
  append_bytes(value, kTag, valid_utf8(name));
  append_key(value, kSimpleValue, kFixed32);
  append_little_endian(value, std::bit_cast<std::uint32_t>(static_cast<float>(number)),
                       sizeof(float));
  return value;
}

void append_whole(std::string& out, std::uint32_t field, std::int64_t number) {
  append_key(out, field, kVarint);
  append_varint(out, static_cast<std::uint64_t>(number));
}

std::string image(const NamedPicture& named) {
  std::string content;
  append_whole(content, kHeight, named.picture.height);
  append_whole(content, kWidth, named.picture.width);
  append_whole(content, kChannels, named.picture.channels);
  append_bytes(content, kEncoded, encode_png(named.picture));
  std::string value;
  append_bytes(value, kTag, valid_utf8(named.name));
  append_bytes(value, kImage, content);
  return value;
}

std::string summary_event(std::int64_t step, double wall_time_s, const std::string& summary) {
  std::string event = event_at(wall_time_s);
  append_whole(event, kStep, step);
  append_bytes(event, kSummary, summary);
  return framed(event);
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// The number of bytes of a value that is no varint; takes the length that stands before some. None
// for groups, which events never had.
std::optional<std::uint64_t> take_size(std::uint64_t wire, std::string_view& bytes) {
  if (wire == kFixed64) return 8;
  if (wire == kFixed32) return 4;
  return wire == kBytes ? take_varint(bytes) : std::nullopt;
}

// Fills step and is_version; false if the payload is not a protocol buffer.
bool parse_event(std::string_view payload, EventRecord& event) {
  while (!payload.empty()) {
    const auto key = take_varint(payload);
    if (!key) return false;
    const std::uint64_t field = *key >> 3;
    const std::uint64_t wire = *key & 7;
    if (wire == kVarint) {
      const auto value = take_varint(payload);
      if (!value) return false;
      if (field == kStep) event.step = static_cast<std::int64_t>(*value);
      continue;
    }
    const auto size = take_size(wire, payload);
    if (!size || *size > payload.size()) return false;
    if (field == kFileVersion && wire == kBytes) event.is_version = true;
    payload.remove_prefix(*size);
  }
  return true;
}

}  // namespace

std::string version_record(double wall_time_s) {
  std::string event = event_at(wall_time_s);
  append_bytes(event, kFileVersion, "brain.Event:2");
  return framed(event);
}

std::string scalars_record(std::int64_t step, double wall_time_s, const MetricRow& row) {
  std::string summary;
  for (const auto& [name, number] : row) {
    if (name == "step" || name == "time_s") continue;
    append_bytes(summary, kSummaryValue, scalar(name, number));
  }
  return summary_event(step, wall_time_s, summary);
}

std::string picture_record(std::int64_t step, double wall_time_s, const NamedPicture& picture) {
  std::string summary;
  append_bytes(summary, kSummaryValue, image(picture));
  return summary_event(step, wall_time_s, summary);
}

EventReader::EventReader(const std::filesystem::path& path)
    : stream_(open_input_file(path)), num_bytes_left_(std::filesystem::file_size(path)) {}

// The size of the file bounds what is allocated.
bool EventReader::read(std::size_t count, std::string& bytes) {
  if (count > num_bytes_left_) return false;
  const std::size_t begin = bytes.size();
  bytes.resize(begin + count);
  num_bytes_left_ -= count;
  return static_cast<bool>(stream_.read(bytes.data() + begin, static_cast<std::streamsize>(count)));
}

std::optional<EventRecord> EventReader::next() {
  EventRecord record;
  std::string& bytes = record.bytes;
  if (!read(kLengthBytes + kChecksumBytes, bytes)) return std::nullopt;
  const auto part = [&](std::size_t begin, std::size_t count) {
    return std::string_view(bytes).substr(begin, count);
  };
  const std::string_view length_bytes = part(0, kLengthBytes);
  if (little_endian(part(kLengthBytes, kChecksumBytes)) != masked_checksum(length_bytes)) {
    return std::nullopt;
  }
  const std::uint64_t length = little_endian(length_bytes);
  if (length > kMaxPayloadBytes || !read(length + kChecksumBytes, bytes)) return std::nullopt;
  const std::size_t begin = kLengthBytes + kChecksumBytes;
  const std::string_view payload = part(begin, length);
  const bool is_sound =
      little_endian(part(begin + length, kChecksumBytes)) == masked_checksum(payload) &&
      parse_event(payload, record);
  return is_sound ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace foresight

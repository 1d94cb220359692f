// Boxes of the Asynchronous Messaging Protocol (AMP), as Twisted speaks it: a box is a list of keys
// and values, each preceded by its length in two bytes, most significant first, and ends with an
// empty key.
//   repeat( u16 key length, key, u16 value length, value ), 00 00
// Source: the protocol's description, amp-protocol.net, and Twisted's twisted.protocols.amp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace foresight {

// Bytes of a peer that are no box, or a value that is not what its command says.
class AmpError : public Error {
 public:
  using Error::Error;
};

// Keys in the order in which they were added; none twice.
class AmpBox {
 public:
  AmpBox() = default;
  AmpBox(std::initializer_list<std::pair<std::string, std::string>> fields);

  // Key: 1 to 255 bytes, value: at most 65,535.
  void set(std::string key, std::string value);
  // Null if there is none.
  const std::string* find(std::string_view key) const;
  // AmpError: there is none.
  const std::string& at(std::string_view key) const;

  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  bool operator==(const AmpBox&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

inline constexpr std::size_t kMaxAmpKeyBytes = 255;
inline constexpr std::size_t kMaxAmpValueBytes = 65'535;

std::string encode_amp(const AmpBox& box);

// What a peer may send at most before it counts as an attack or another protocol.
struct AmpLimits {
  std::size_t max_fields = 64;
  std::size_t max_box_bytes = std::size_t{1} << 18;
};

// Cuts a stream of bytes, which come in pieces of any size, into boxes. Holds one unfinished box
// and what was appended last, nothing more.
class AmpDecoder {
 public:
  explicit AmpDecoder(AmpLimits limits = {}) : limits_(limits) {}

  void append(std::string_view bytes);
  // The next whole box; nothing: more bytes are needed. AmpError: these bytes are no box (every
  // call from now on says so), or a box is larger than the limits.
  std::optional<AmpBox> next();
  // Inside of a box: the peer must not leave now.
  bool is_in_box() const;

 private:
  [[noreturn]] void refuse(std::string reason);
  std::optional<std::string_view> take_field();

  AmpLimits limits_;
  std::string bytes_;
  std::size_t position_ = 0;  // in bytes_: all before it has been read
  AmpBox box_;                // in progress
  std::optional<std::string> key_;
  std::size_t box_bytes_ = 0;
  std::string refusal_;
};

}  // namespace foresight

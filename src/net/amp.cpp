#include "net/amp.h"

#include <algorithm>

namespace foresight {
namespace {

constexpr std::size_t kLengthBytes = 2;

void append_field(std::string& bytes, std::string_view field) {
  bytes += static_cast<char>(field.size() >> 8);
  bytes += static_cast<char>(field.size() & 0xff);
  bytes += field;
}

}  // namespace

AmpBox::AmpBox(std::initializer_list<std::pair<std::string, std::string>> fields) {
  for (const auto& [key, value] : fields) set(key, value);
}

void AmpBox::set(std::string key, std::string value) {
  FS_CHECK(!key.empty() && key.size() <= kMaxAmpKeyBytes, "a key of {} bytes", key.size());
  FS_CHECK(value.size() <= kMaxAmpValueBytes, "a value of {} bytes", value.size());
  FS_CHECK(find(key) == nullptr, "the key {} twice", key);
  fields_.emplace_back(std::move(key), std::move(value));
}

const std::string* AmpBox::find(std::string_view key) const {
  const auto found = std::ranges::find(fields_, key, [](const auto& field) { return field.first; });
  return found == fields_.end() ? nullptr : &found->second;
}

const std::string& AmpBox::at(std::string_view key) const {
  const std::string* value = find(key);
  if (value == nullptr) throw AmpError(fmt::format("a box without \"{}\"", key));
  return *value;
}

std::string encode_amp(const AmpBox& box) {
  std::string bytes;
  for (const auto& [key, value] : box.fields()) {
    append_field(bytes, key);
    append_field(bytes, value);
  }
  append_field(bytes, "");
  return bytes;
}

void AmpDecoder::append(std::string_view bytes) {
  if (!refusal_.empty()) return;
  bytes_.erase(0, position_);
  position_ = 0;
  bytes_ += bytes;
}

std::optional<AmpBox> AmpDecoder::next() {
  if (!refusal_.empty()) throw AmpError(refusal_);
  while (const auto field = take_field()) {
    if (key_) {
      box_.set(*std::exchange(key_, std::nullopt), std::string(*field));
    } else if (field->empty()) {
      if (box_.fields().empty()) refuse("an empty box");
      box_bytes_ = 0;
      return std::exchange(box_, AmpBox());
    } else {
      if (box_.find(*field) != nullptr) refuse("a box with the same key twice");
      if (box_.fields().size() >= limits_.max_fields) {
        refuse(fmt::format("a box of more than {} keys", limits_.max_fields));
      }
      key_ = std::string(*field);
    }
  }
  return std::nullopt;
}

bool AmpDecoder::is_in_box() const { return position_ < bytes_.size() || box_bytes_ > 0; }

// A key or a value, whichever comes next, if all of it is here.
std::optional<std::string_view> AmpDecoder::take_field() {
  const std::string_view rest = std::string_view(bytes_).substr(position_);
  if (rest.size() < kLengthBytes) return std::nullopt;
  const std::size_t length =
      std::size_t{static_cast<unsigned char>(rest[0])} << 8 | static_cast<unsigned char>(rest[1]);
  // Judged by its length alone, before its bytes are waited for.
  if (!key_ && length > kMaxAmpKeyBytes) {
    refuse(fmt::format("a key of {} bytes, where at most {} are allowed", length, kMaxAmpKeyBytes));
  }
  const std::size_t size = kLengthBytes + length;
  if (box_bytes_ + size > limits_.max_box_bytes) {
    refuse(fmt::format("a box of more than {} bytes", limits_.max_box_bytes));
  }
  if (rest.size() < size) return std::nullopt;
  box_bytes_ += size;
  position_ += size;
  return rest.substr(kLengthBytes, length);
}

void AmpDecoder::refuse(std::string reason) {
  refusal_ = std::move(reason);
  bytes_.clear();
  position_ = 0;
  throw AmpError(refusal_);
}

}  // namespace foresight

#include "io/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"

namespace foresight {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::size_t kMaxRank = 64;

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType dtype : {DType::kF64, DType::kI64, DType::kF32, DType::kI32, DType::kF16,
                            DType::kBf16, DType::kU8, DType::kBool}) {
    if (dtype_name(dtype) == name) return dtype;
  }
  return std::nullopt;
}

// What the values of an entry belong to.
enum class Field { kNone, kDtype, kShape, kOffsets };

// Receives the header piece by piece. Depth 1: names; 2: fields of one tensor; 3: their lists.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderHandler(const std::string& file_name) : file_name_(file_name) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { fail_value("null"); }
  bool boolean(bool value) override { fail_value(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { fail_value(fmt::format("{}", value)); }
  bool number_float(number_float_t, const string_t& text) override { fail_value(text); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& text) override;
  bool binary(binary_t&) override { fail_value("binary data"); }
  bool start_object(std::size_t) override;
  bool key(string_t& key) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    fail("{}: the header is not valid JSON at its byte {}", file_name_, position);
  }

 private:
  [[noreturn]] void fail_here(const std::string& message) const {
    if (name_.empty()) fail("{}: {}", file_name_, message);
    fail("{}: tensor \"{}\": {}", file_name_, name_, message);
  }
  [[noreturn]] void fail_value(const std::string& found) const {
    const std::string place = key_.empty() ? "the header" : fmt::format("\"{}\"", key_);
    fail_here(fmt::format("{}: expected {}, found {}", place, expected(), found));
  }
  std::string_view expected() const;

  const std::string& file_name_;
  SafetensorsHeader header_;
  std::set<std::string> names_;
  std::string name_;  // of the tensor whose fields are being read
  std::string key_;
  int depth_ = 0;
  bool in_list_ = false;
  Field field_ = Field::kNone;
  std::set<Field> seen_;
  std::vector<std::uint64_t> offsets_;
};

std::string_view HeaderHandler::expected() const {
  if (depth_ < 2) return "an object";
  if (name_ == kMetadataKey) return "text";
  switch (field_) {
    case Field::kDtype:
      return "text";
    case Field::kShape:
      return "a list of sizes";
    default:
      return "two offsets";
  }
}

bool HeaderHandler::start_object(std::size_t) {
  if (depth_ >= 2 || in_list_) fail_value("an object");
  ++depth_;
  if (depth_ == 2 && name_ != kMetadataKey) {
    header_.entries.push_back({.name = name_});
    seen_.clear();
    offsets_.clear();
  }
  return true;
}

bool HeaderHandler::key(string_t& key) {
  key_ = key;
  if (depth_ == 1) {
    name_ = key;
    if (!names_.insert(key).second) fail_here("the name is given twice");
    return true;
  }
  if (name_ == kMetadataKey) {
    if (header_.metadata.contains(key)) fail_here(fmt::format("\"{}\" is given twice", key));
    return true;
  }
  field_ = key == "dtype"          ? Field::kDtype
           : key == "shape"        ? Field::kShape
           : key == "data_offsets" ? Field::kOffsets
                                   : Field::kNone;
  if (field_ == Field::kNone) fail_here(fmt::format("unknown field \"{}\"", key));
  if (!seen_.insert(field_).second) fail_here(fmt::format("\"{}\" is given twice", key));
  return true;
}

bool HeaderHandler::string(string_t& text) {
  if (depth_ == 2 && name_ == kMetadataKey) {
    header_.metadata.emplace(key_, text);
    return true;
  }
  if (depth_ != 2 || field_ != Field::kDtype) fail_value("text");
  const auto dtype = dtype_named(text);
  if (!dtype) fail_here(fmt::format("dtype \"{}\" is not one that can be read here", text));
  header_.entries.back().dtype = *dtype;
  return true;
}

bool HeaderHandler::number_unsigned(number_unsigned_t value) {
  if (!in_list_) fail_value(fmt::format("{}", value));
  if (field_ == Field::kOffsets) {
    if (offsets_.size() == 2) fail_value("three");
    offsets_.push_back(value);
    return true;
  }
  auto& shape = header_.entries.back().shape;
  if (shape.size() == kMaxRank) fail_here(fmt::format("more than {} axes", kMaxRank));
  if (value > static_cast<std::uint64_t>(INT64_MAX)) fail_here("a size beyond 2^63");
  shape.push_back(static_cast<std::int64_t>(value));
  return true;
}

bool HeaderHandler::start_array(std::size_t) {
  const bool wants_list = field_ == Field::kShape || field_ == Field::kOffsets;
  if (depth_ != 2 || name_ == kMetadataKey || !wants_list || in_list_) fail_value("a list");
  in_list_ = true;
  return true;
}

bool HeaderHandler::end_array() {
  in_list_ = false;
  if (field_ == Field::kOffsets) {
    if (offsets_.size() != 2) fail_value(fmt::format("{}", offsets_.size()));
    header_.entries.back().begin = offsets_[0];
    header_.entries.back().end = offsets_[1];
  }
  return true;
}

bool HeaderHandler::end_object() {
  if (depth_ == 2 && name_ != kMetadataKey && seen_.size() != 3) {
    fail_here("expected the fields dtype, shape and data_offsets");
  }
  --depth_;
  name_.clear();
  key_.clear();
  field_ = Field::kNone;
  return true;
}

// The product of the shape in bytes; nothing if it does not fit 63 bits.
std::optional<std::uint64_t> num_bytes(const TensorEntry& entry) {
  std::uint64_t count = dtype_size(entry.dtype);
  const bool is_empty = std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end();
  if (is_empty) return 0;
  for (const std::int64_t size : entry.shape) {
    if (static_cast<std::uint64_t>(size) > static_cast<std::uint64_t>(INT64_MAX) / count) {
      return std::nullopt;
    }
    count *= static_cast<std::uint64_t>(size);
  }
  return count;
}

void check_entry(const TensorEntry& entry, std::uint64_t num_data_bytes,
                 const std::string& file_name) {
  if (entry.begin > entry.end || entry.end > num_data_bytes) {
    fail("{}: tensor \"{}\": its bytes {} to {} are not inside of the file's {}", file_name,
         entry.name, entry.begin, entry.end, num_data_bytes);
  }
  const auto expected = num_bytes(entry);
  if (!expected || *expected != entry.end - entry.begin) {
    fail("{}: tensor \"{}\": {} [{}] takes {} bytes, found {}", file_name, entry.name,
         dtype_name(entry.dtype), fmt::join(entry.shape, ", "),
         expected ? fmt::format("{}", *expected) : "too many", entry.end - entry.begin);
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t num_data_bytes,
                                           const std::string& file_name) {
  if (json.empty() || json.front() != '{') fail("{}: the header does not begin with {{", file_name);
  HeaderHandler handler(file_name);
  Json::sax_parse(json.begin(), json.end(), &handler);
  SafetensorsHeader header = handler.take();

  std::sort(header.entries.begin(), header.entries.end(),
            [](const TensorEntry& a, const TensorEntry& b) {
              return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
            });
  std::uint64_t covered = 0;
  for (const TensorEntry& entry : header.entries) {
    check_entry(entry, num_data_bytes, file_name);
    if (entry.begin != covered) {
      fail(
          "{}: tensor \"{}\": expected its bytes to begin at {}, right behind the one before, "
          "found {}",
          file_name, entry.name, covered, entry.begin);
    }
    covered = entry.end;
  }
  if (covered != num_data_bytes) {
    fail("{}: {} bytes behind the last tensor", file_name, num_data_bytes - covered);
  }
  return header;
}

}  // namespace foresight

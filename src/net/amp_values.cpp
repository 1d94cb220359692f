#include "net/amp_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "net/amp.h"

namespace foresight {
namespace {

[[noreturn]] void refuse(std::string_view expected, std::string_view found) {
  throw AmpError(fmt::format("expected {}, found \"{}\"", expected, printable(found, 60)));
}

// All of `text` as a number. std::from_chars knows no plus sign, Python does.
template <typename Number>
Number parse_number(std::string_view text, std::string_view expected) {
  std::string_view digits = text;
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  Number value{};
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_whole = problem == std::errc() && end == digits.data() + digits.size();
  if (!is_whole || digits.ends_with(')'))
    refuse(expected, text);  // "nan(...)" is C's, not Python's
  return value;
}

// The length of the UTF-8 character that `text` begins with; 0: it begins with none. Characters of
// C1 (0x80 to 0x9f) steer terminals too.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xc2 && byte(1) < 0xa0) return 0;
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return length;
}

}  // namespace

std::string amp_integer(std::int64_t value) { return fmt::format("{}", value); }

std::string amp_boolean(bool value) { return value ? "True" : "False"; }

std::string amp_float(double value) {
  if (std::isnan(value)) return "nan";
  std::string text = fmt::format("{}", value);
  // Python marks whole numbers.
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string amp_float_list(std::span<const double> values) {
  std::string bytes;
  for (const double value : values) {
    const std::string text = amp_float(value);
    bytes += '\0';
    bytes += static_cast<char>(text.size());
    bytes += text;
  }
  FS_CHECK(bytes.size() <= kMaxAmpValueBytes, "{} numbers in one value", values.size());
  return bytes;
}

std::int64_t parse_amp_integer(std::string_view text) {
  return parse_number<std::int64_t>(text, "an integer");
}

bool parse_amp_boolean(std::string_view text) {
  if (text == "True") return true;
  if (text == "False") return false;
  refuse("True or False", text);
}

double parse_amp_float(std::string_view text) { return parse_number<double>(text, "a number"); }

std::vector<double> parse_amp_float_list(std::string_view bytes) {
  std::vector<double> values;
  while (!bytes.empty()) {
    if (bytes.size() < 2) throw AmpError("a list that ends inside of a length");
    const std::size_t length = std::size_t{static_cast<unsigned char>(bytes[0])} << 8 |
                               static_cast<unsigned char>(bytes[1]);
    bytes.remove_prefix(2);
    if (length > bytes.size()) {
      throw AmpError(
          fmt::format("a list item of {} bytes, of which {} are there", length, bytes.size()));
    }
    values.push_back(parse_amp_float(bytes.substr(0, length)));
    bytes.remove_prefix(length);
  }
  return values;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string result;
  while (!text.empty() && result.size() < max_bytes) {
    const std::size_t length = character_length(text);
    result += length > 0 ? text.substr(0, length) : "?";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (!text.empty()) result += "...";
  return result;
}

}  // namespace foresight

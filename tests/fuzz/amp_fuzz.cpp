// Any bytes are boxes or an AmpError, whatever the pieces they come in; a box encodes to bytes that
// decode to it; every value is a number or an AmpError, and reads back alike. The first byte
// chooses the size of the pieces.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "net/amp.h"
#include "net/amp_values.h"

namespace foresight {
namespace {

std::vector<AmpBox> boxes_of(std::string_view bytes, std::size_t piece, bool& is_refused) {
  AmpDecoder decoder({.max_fields = 32, .max_box_bytes = 4096});
  std::vector<AmpBox> boxes;
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      decoder.append(bytes.substr(at, piece));
      while (auto box = decoder.next()) boxes.push_back(std::move(*box));
    }
  } catch (const AmpError&) {  // the one allowed way to fail
    is_refused = true;
  }
  return boxes;
}

template <typename Function>
void expect_value_or_error(Function function) {
  try {
    function();
  } catch (const AmpError&) {
  }
}

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check_value(const std::string& value) {
  expect_value_or_error([&] {
    const std::int64_t number = parse_amp_integer(value);
    FS_CHECK(parse_amp_integer(amp_integer(number)) == number, "{}", number);
  });
  expect_value_or_error(
      [&] { FS_CHECK(amp_boolean(parse_amp_boolean(value)) == value, "{}", value); });
  expect_value_or_error([&] {
    const double number = parse_amp_float(value);
    FS_CHECK(is_same(parse_amp_float(amp_float(number)), number), "{}", number);
  });
  expect_value_or_error([&] {
    const std::vector<double> numbers = parse_amp_float_list(value);
    if (numbers.size() > 2000) return;  // might be longer in our words than in theirs
    const std::vector<double> back = parse_amp_float_list(amp_float_list(numbers));
    FS_CHECK(back.size() == numbers.size(), "{} numbers", numbers.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
      FS_CHECK(is_same(back[i], numbers[i]), "{}", numbers[i]);
    }
  });
  FS_CHECK(printable(value, 100).size() <= 106, "{} bytes", value.size());
}

}  // namespace
}  // namespace foresight

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece = std::size_t{data[0]} + 1;
  bool is_refused = false;
  bool is_whole_refused = false;
  const auto boxes = boxes_of(bytes, piece, is_refused);
  FS_CHECK(boxes == boxes_of(bytes, bytes.size() + 1, is_whole_refused), "pieces of {}", piece);
  FS_CHECK(is_refused == is_whole_refused, "pieces of {}", piece);
  check_value(std::string(bytes));
  for (const AmpBox& box : boxes) {
    bool is_own_refused = false;
    FS_CHECK(boxes_of(encode_amp(box), piece, is_own_refused) == std::vector{box}, "own bytes");
    for (const auto& [key, value] : box.fields()) check_value(value);
  }
  return 0;
}

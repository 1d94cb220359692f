// Values of AMP arguments as text, in the forms of twisted.protocols.amp: Integer, Boolean, Float
// (Python's repr) and ListOf(Float). Whatever a parser is given, it returns a value or throws
// AmpError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

std::string amp_integer(std::int64_t value);
std::string amp_boolean(bool value);
std::string amp_float(double value);  // the shortest text that reads back alike: 0.5, -1.0, 1e-05
// At most 65,535 bytes: 2,520 numbers of any kind.
std::string amp_float_list(std::span<const double> values);

std::int64_t parse_amp_integer(std::string_view text);
bool parse_amp_boolean(std::string_view text);
// nan and inf are numbers here.
double parse_amp_float(std::string_view text);
std::vector<double> parse_amp_float_list(std::string_view bytes);

// Foreign text for a terminal or a log: control characters and bytes that are not UTF-8 become "?",
// and what is longer than `max_bytes` is cut.
std::string printable(std::string_view text, std::size_t max_bytes = 500);

}  // namespace foresight

#include "agent/dreamer/schedule.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

std::optional<double> number_of(const std::string& text) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (text.find_first_not_of(' ', used) != std::string::npos) return std::nullopt;
    if (!std::isfinite(value)) return std::nullopt;
    return value;
  } catch (const std::logic_error&) {  // no number, or too large
    return std::nullopt;
  }
}

// "name(a,b)" -> a, b; nothing if it is not that.
std::optional<std::vector<double>> arguments_of(const std::string& text, const std::string& name) {
  if (!text.starts_with(name + "(") || !text.ends_with(")")) return std::nullopt;
  const std::string inside = text.substr(name.size() + 1, text.size() - name.size() - 2);
  std::vector<double> values;
  for (std::size_t begin = 0; begin <= inside.size();) {
    const std::size_t comma = std::min(inside.find(',', begin), inside.size());
    const auto value = number_of(inside.substr(begin, comma - begin));
    if (!value) return std::nullopt;
    values.push_back(*value);
    begin = comma + 1;
  }
  return values;
}

}  // namespace

Schedule::Schedule(const std::string& text, const std::string& key) {
  if (const auto value = number_of(text)) {
    first_ = *value;
    return;
  }
  const auto read = [&](const std::string& name, std::size_t count, Kind kind) {
    const auto values = arguments_of(text, name);
    if (!values || values->size() != count) return false;
    kind_ = kind;
    if (kind == Kind::kWarmup) {
      duration_ = values->at(0);
      last_ = values->at(1);
    } else {
      first_ = values->at(0);
      last_ = values->at(1);
      duration_ = values->at(2);
    }
    return duration_ > 0.0;
  };
  if (read("linear", 3, Kind::kLinear) || read("warmup", 2, Kind::kWarmup) ||
      read("exp", 3, Kind::kExponential) || read("horizon", 3, Kind::kHorizon)) {
    return;
  }
  fail(
      "{} = \"{}\" is neither a number nor linear(a,b,steps), warmup(steps,value), "
      "exp(a,b,half_life) or horizon(a,b,steps) with positive steps",
      key, text);
}

double Schedule::at(std::int64_t steps) const {
  const double passed = static_cast<double>(steps) / duration_;
  const double share = std::clamp(passed, 0.0, 1.0);
  const double mixed = (1.0 - share) * first_ + share * last_;
  switch (kind_) {
    case Kind::kConstant:
      return first_;
    case Kind::kLinear:
    case Kind::kWarmup:  // from 0
      return mixed;
    case Kind::kExponential:
      return (first_ - last_) * std::pow(0.5, passed) + last_;
    case Kind::kHorizon:
      return 1.0 - 1.0 / mixed;
  }
  return first_;
}

}  // namespace foresight

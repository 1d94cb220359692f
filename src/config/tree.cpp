#include "config/tree.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"

namespace foresight {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang 14 does not deduce it

}  // namespace

const ConfigValue* Table::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

ConfigValue* Table::find(std::string_view key) {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void Table::set(std::string key, ConfigValue value) {
  values_.insert_or_assign(std::move(key), std::move(value));
}

void Table::erase(std::string_view key) {
  const auto found = values_.find(key);
  if (found != values_.end()) values_.erase(found);
}

ConfigValue::ConfigValue() = default;
ConfigValue::ConfigValue(Data value, std::string from)
    : data(std::move(value)), origin(std::move(from)) {}
ConfigValue::ConfigValue(const ConfigValue&) = default;
ConfigValue::ConfigValue(ConfigValue&&) noexcept = default;
ConfigValue& ConfigValue::operator=(const ConfigValue&) = default;
ConfigValue& ConfigValue::operator=(ConfigValue&&) noexcept = default;
ConfigValue::~ConfigValue() = default;

bool operator==(const ConfigValue& a, const ConfigValue& b) { return a.data == b.data; }

bool operator==(const Table& a, const Table& b) { return a.values() == b.values(); }

std::string describe_value(const ConfigValue& value) {
  return std::visit(
      Overloaded{
          [](std::int64_t number) { return fmt::format("the integer {}", number); },
          [](double number) { return fmt::format("the number {}", number); },
          [](bool flag) { return std::string(flag ? "true" : "false"); },
          [](const std::string& text) { return fmt::format("the text \"{}\"", text); },
          [](const ValueList& list) { return fmt::format("a list of {}", list.size()); },
          [](const Table& table) { return fmt::format("a table of {}", table.values().size()); }},
      value.data);
}

void ConfigProblems::throw_if_any() const {
  if (lines.empty()) return;
  std::string text = lines.front();
  for (std::size_t i = 1; i < lines.size(); ++i) text += "\n" + lines[i];
  throw Error(text);
}

}  // namespace foresight

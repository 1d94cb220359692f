// A tree of configuration values; each remembers where it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace foresight {

struct ConfigValue;

// Keys to values, in sorted order. Copyable; nested tables are values.
class Table {
 public:
  bool empty() const { return values_.empty(); }
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  const ConfigValue* find(std::string_view key) const;  // null if there is none
  ConfigValue* find(std::string_view key);
  void set(std::string key, ConfigValue value);  // adds or replaces
  void erase(std::string_view key);
  const std::map<std::string, ConfigValue, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, ConfigValue, std::less<>> values_;
};

using ValueList = std::vector<ConfigValue>;

struct ConfigValue {
  using Data = std::variant<std::int64_t, double, bool, std::string, ValueList, Table>;

  // All defined in tree.cpp: inlined moves of the variant trip GCC 12's -Wmaybe-uninitialized.
  ConfigValue();
  ConfigValue(Data value, std::string from = {});
  ConfigValue(const ConfigValue& other);
  ConfigValue(ConfigValue&& other) noexcept;
  ConfigValue& operator=(const ConfigValue& other);
  ConfigValue& operator=(ConfigValue&& other) noexcept;
  ~ConfigValue();

  Data data;
  std::string origin;  // "configs/hockey/quick.toml:12", "command line", "" for defaults
};

// Equal keys and values of equal types, wherever they came from.
bool operator==(const ConfigValue& a, const ConfigValue& b);
bool operator==(const Table& a, const Table& b);

// `the number 0.5`, `the text "fast"`, `a list of 3`: for messages.
std::string describe_value(const ConfigValue& value);

// Every mistake at once, each line with its origin.
struct ConfigProblems {
  std::vector<std::string> lines;
  void throw_if_any() const;  // Error with all lines
};

}  // namespace foresight

#include "config/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

#include "base/registry.h"

namespace foresight {
namespace {

bool contains(Range range, double number) { return range.min <= number && number <= range.max; }

std::string expected_number(std::string_view kind, Range range) {
  const std::string bounds = describe_range(range);
  return fmt::format("{}{}{}", kind, bounds.empty() ? "" : " ", bounds);
}

// "a.toml:12" -> ("a.toml", 12). Files come before the command line.
struct Place {
  bool is_command_line;
  std::string_view file;
  int line;
  auto key() const { return std::tuple(is_command_line, file, line); }
};

Place place_of(std::string_view origin) {
  const std::size_t colon = origin.rfind(':');
  if (colon == std::string_view::npos) return {!origin.empty(), origin, 0};
  int line = 0;
  std::from_chars(origin.data() + colon + 1, origin.data() + origin.size(), line);
  return {false, origin.substr(0, colon), line};
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("\"{}\"", fmt::join(words, "\", \""));
}

}  // namespace

std::string describe_range(Range range) {
  const bool has_min = std::isfinite(range.min);
  const bool has_max = std::isfinite(range.max);
  if (has_min && has_max) return fmt::format("in [{}, {}]", range.min, range.max);
  if (has_min) return fmt::format("at least {}", range.min);
  if (has_max) return fmt::format("at most {}", range.max);
  return "";
}

ConfigReader::ConfigReader(const Table& table, const std::string& path) {
  levels_.push_back({.table = &table, .path = path});
}

std::string ConfigReader::path_of(std::string_view key) const {
  const std::string& prefix = levels_.back().path;
  return prefix.empty() ? std::string(key) : fmt::format("{}.{}", prefix, key);
}

const ConfigValue* ConfigReader::look_up(std::string_view key) {
  Level& level = levels_.back();
  level.known.emplace_back(key);
  known_paths_.push_back(path_of(key));
  return level.table ? level.table->find(key) : nullptr;
}

void ConfigReader::mistake(const ConfigValue& value, const std::string& path,
                           std::string expected) {
  mistakes_.push_back({value.origin, fmt::format("{}: expected {}, found {}", path,
                                                 std::move(expected), describe_value(value))});
}

bool ConfigReader::read_integer(const ConfigValue& found, const std::string& path, Range range,
                                std::int64_t& value) {
  std::int64_t number = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&found.data)) {
    number = *integer;
  } else if (const auto* real = std::get_if<double>(&found.data);
             real && std::abs(*real) < 0x1p63 && std::trunc(*real) == *real) {
    number = static_cast<std::int64_t>(*real);  // 1e6 is a fine way to write a million
  } else {
    mistake(found, path, expected_number("an integer", range));
    return false;
  }
  if (!contains(range, static_cast<double>(number))) {
    mistake(found, path, expected_number("an integer", range));
    return false;
  }
  value = number;
  return true;
}

void ConfigReader::field(std::string_view key, std::int64_t& value, Range range, std::string_view) {
  const ConfigValue* found = look_up(key);
  if (found) read_integer(*found, path_of(key), range, value);
}

void ConfigReader::field(std::string_view key, double& value, Range range, std::string_view) {
  const ConfigValue* found = look_up(key);
  if (!found) return;
  const auto* real = std::get_if<double>(&found->data);
  const auto* integer = std::get_if<std::int64_t>(&found->data);
  const double number = real      ? *real
                        : integer ? static_cast<double>(*integer)
                                  : std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(number) || !contains(range, number)) {
    mistake(*found, path_of(key), expected_number(real ? "a finite number" : "a number", range));
    return;
  }
  value = number;
}

void ConfigReader::field(std::string_view key, bool& value, std::string_view) {
  const ConfigValue* found = look_up(key);
  if (!found) return;
  if (const auto* flag = std::get_if<bool>(&found->data)) {
    value = *flag;
  } else {
    mistake(*found, path_of(key), "true or false");
  }
}

void ConfigReader::field(std::string_view key, std::string& value,
                         const std::vector<std::string>& choices, std::string_view) {
  const ConfigValue* found = look_up(key);
  if (!found) return;
  const auto* text = std::get_if<std::string>(&found->data);
  const bool is_choice = choices.empty() || (text && std::find(choices.begin(), choices.end(),
                                                               *text) != choices.end());
  if (text && is_choice) {
    value = *text;
    return;
  }
  mistake(*found, path_of(key), choices.empty() ? "text" : "one of " + joined(choices));
  if (text) mistakes_.back().text += did_you_mean(*text, choices);
}

void ConfigReader::field(std::string_view key, std::vector<std::int64_t>& value, Range each,
                         std::string_view) {
  const ConfigValue* found = look_up(key);
  if (!found) return;
  const auto* list = std::get_if<ValueList>(&found->data);
  if (!list) {
    mistake(*found, path_of(key), "a list of integers such as [512, 512]");
    return;
  }
  std::vector<std::int64_t> numbers(list->size());
  bool all_good = true;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string path = fmt::format("{}[{}]", path_of(key), i);
    all_good &= read_integer((*list)[i], path, each, numbers[i]);
  }
  if (all_good) value = std::move(numbers);
}

void ConfigReader::field(std::string_view key, Table& value, std::string_view) {
  const ConfigValue* found = look_up(key);
  if (!found) return;
  if (const auto* table = std::get_if<Table>(&found->data)) {
    value = *table;
  } else {
    mistake(*found, path_of(key), fmt::format("a table [{}]", path_of(key)));
  }
}

void ConfigReader::open(const ConfigValue* found, std::string path) {
  const Table* table = found ? std::get_if<Table>(&found->data) : nullptr;
  if (found && !table) mistake(*found, path, fmt::format("a table [{}]", path));
  levels_.push_back({.table = table, .path = std::move(path)});
}

// Whatever the file holds beside the visited keys is unknown.
void ConfigReader::close() {
  const Level& level = levels_.back();
  if (level.table) {
    for (const auto& [key, value] : level.table->values()) {
      if (std::find(level.known.begin(), level.known.end(), key) != level.known.end()) continue;
      unknown_.push_back({key, path_of(key), value.origin, nearest_word(key, level.known)});
    }
  }
  levels_.pop_back();
}

void ConfigReader::begin_group(std::string_view key, std::string_view) {
  open(look_up(key), path_of(key));
}

void ConfigReader::end_group() { close(); }

std::optional<std::size_t> ConfigReader::begin_list(std::string_view key, std::size_t,
                                                    std::string_view) {
  const ConfigValue* found = look_up(key);
  const ValueList* items = found ? std::get_if<ValueList>(&found->data) : nullptr;
  if (found && !items) {
    mistake(*found, path_of(key), fmt::format("a list of tables [[{}]]", path_of(key)));
  }
  lists_.push_back({items, path_of(key)});
  return items ? std::optional(items->size()) : std::nullopt;
}

void ConfigReader::begin_item(std::size_t index) {
  const OpenList& list = lists_.back();
  open(list.items ? &(*list.items)[index] : nullptr, fmt::format("{}.{}", list.path, index));
}

void ConfigReader::end_item() { close(); }

void ConfigReader::end_list() { lists_.pop_back(); }

// A key that exists under another group is the likelier slip than a misspelt neighbour.
std::string ConfigReader::hint(const UnknownKey& unknown) const {
  const std::string tail = "." + unknown.key;
  for (const std::string& path : known_paths_) {
    const bool same_key = path == unknown.key || path.ends_with(tail);
    if (same_key && path != unknown.path) return fmt::format("; did you mean \"{}\"?", path);
  }
  if (unknown.nearest.empty()) return "";
  const std::string parent = unknown.path.substr(0, unknown.path.size() - unknown.key.size());
  return fmt::format("; did you mean \"{}{}\"?", parent, unknown.nearest);
}

void ConfigReader::report(ConfigProblems& problems) {
  close();
  for (const UnknownKey& unknown : unknown_) {
    mistakes_.push_back(
        {unknown.origin, fmt::format("unknown key \"{}\"{}", unknown.path, hint(unknown))});
  }
  std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
    return place_of(a.origin).key() < place_of(b.origin).key();
  });
  for (const Mistake& mistake : mistakes_) {
    const std::string_view separator = mistake.origin.empty() ? "" : ": ";
    problems.lines.push_back(mistake.origin + std::string(separator) + mistake.text);
  }
}

}  // namespace foresight

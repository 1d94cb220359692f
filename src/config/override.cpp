#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/table.h"
#include "config/toml_layout.h"

namespace foresight {
namespace {

constexpr std::string_view kOrigin = "command line";
constexpr std::string_view kExample = "write it like agent.planner.horizon=5";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_key_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

[[noreturn]] void fail_override(std::string_view assignment, std::string_view message) {
  fail("{}: \"{}\": {}", kOrigin, assignment, message);
}

// "a.b.c" -> {"a", "b", "c"}.
std::vector<std::string> split_path(std::string_view path, std::string_view assignment) {
  std::vector<std::string> keys(1);
  for (const char letter : path) {
    if (letter == '.') {
      keys.emplace_back();
    } else if (is_key_letter(letter)) {
      keys.back() += letter;
    } else {
      fail_override(assignment, fmt::format("'{}' cannot be part of a key; {}", letter, kExample));
    }
  }
  for (const std::string& key : keys) {
    if (key.empty()) fail_override(assignment, fmt::format("a key is empty; {}", kExample));
  }
  if (keys.size() > kMaxConfigDepth) fail_override(assignment, "the key has too many parts");
  return keys;
}

void set_origin(ConfigValue& value) {
  value.origin = kOrigin;
  if (auto* list = std::get_if<ValueList>(&value.data)) {
    for (ConfigValue& item : *list) set_origin(item);
  }
  if (auto* table = std::get_if<Table>(&value.data)) {
    Table copy;
    for (auto [key, inner] : table->values()) {
      set_origin(inner);
      copy.set(key, std::move(inner));
    }
    *table = std::move(copy);
  }
}

// Numbers, true, false, lists, tables and quoted text are TOML; anything else is text as it stands.
ConfigValue parse_value(std::string_view text, std::string_view assignment) {
  const bool must_be_toml = std::string_view("[{\"'").find(text.front()) != std::string_view::npos;
  ConfigValue value;
  try {
    value = *parse_toml(fmt::format("value = {}", text), std::string(kOrigin)).find("value");
  } catch (const Error& error) {
    if (must_be_toml) fail_override(assignment, fmt::format("not a TOML value ({})", error.what()));
    // Through the parser all the same: it refuses what is not UTF-8.
    const std::string in_quotes = toml_value({std::string(text)});
    value = *parse_toml("value = " + in_quotes, std::string(kOrigin)).find("value");
  }
  set_origin(value);
  return value;
}

// The item of `list` that `key` names.
ConfigValue& list_item(ValueList& list, const std::string& key, std::string_view path,
                       std::string_view assignment) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size() || index >= list.size()) {
    fail_override(assignment, fmt::format("\"{}\" is a list of {}, \"{}\" names no item of it "
                                          "(the first one is 0)",
                                          path, list.size(), key));
  }
  return list[index];
}

// The value under `key` of a table or a list; a table gets a new one if it has none.
ConfigValue& descend(ConfigValue& parent, const std::string& key, std::string_view path,
                     std::string_view assignment) {
  if (auto* list = std::get_if<ValueList>(&parent.data)) {
    return list_item(*list, key, path, assignment);
  }
  auto* table = std::get_if<Table>(&parent.data);
  if (!table) {
    fail_override(assignment, fmt::format("\"{}\" is {}, so it holds no \"{}\"", path,
                                          describe_value(parent), key));
  }
  if (!table->contains(key)) table->set(key, {Table{}, std::string(kOrigin)});
  return *table->find(key);
}

// How many tables and lists stand within each other at the deepest place of `value`.
std::size_t nesting(const ConfigValue& value) {
  std::size_t deepest = 0;
  if (const auto* list = std::get_if<ValueList>(&value.data)) {
    for (const ConfigValue& item : *list) deepest = std::max(deepest, nesting(item));
    return 1 + deepest;
  }
  if (const auto* table = std::get_if<Table>(&value.data)) {
    for (const auto& [key, inner] : table->values()) deepest = std::max(deepest, nesting(inner));
    return 1 + deepest;
  }
  return 0;
}

bool has_control_letters(std::string_view text) {
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F) return true;
  }
  return false;
}

}  // namespace

void apply_override(Table& table, std::string_view assignment) {
  if (has_control_letters(assignment)) fail("{}: an override holds control letters", kOrigin);
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    fail_override(assignment, fmt::format("expected KEY=VALUE; {}", kExample));
  }
  const std::string_view text = trimmed(assignment.substr(equals + 1));
  if (text.empty()) fail_override(assignment, fmt::format("the value is empty; {}", kExample));
  const auto keys = split_path(trimmed(assignment.substr(0, equals)), assignment);
  ConfigValue value = parse_value(text, assignment);
  if (keys.size() + nesting(value) > kMaxConfigDepth) {  // else its print could not be read back
    fail_override(assignment,
                  fmt::format("key and value nest more than {} levels deep", kMaxConfigDepth));
  }

  ConfigValue root{table};  // a copy: a mistake leaves the caller's table as it was
  ConfigValue* place = &root;
  std::string path;
  for (const std::string& key : keys) {
    place = &descend(*place, key, path, assignment);
    path += (path.empty() ? "" : ".") + key;
  }
  *place = std::move(value);
  table = std::move(std::get<Table>(root.data));
}

}  // namespace foresight

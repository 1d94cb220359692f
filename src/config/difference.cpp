#include "config/difference.h"

#include <fmt/format.h>

#include <set>

namespace foresight {
namespace {

// In TOML's form, on one line.
std::string text_of(const ConfigValue& value) {
  struct Visitor {
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const std::string& text) const { return fmt::format("\"{}\"", text); }
    std::string operator()(const ValueList& list) const {
      std::vector<std::string> items;
      for (const ConfigValue& item : list) items.push_back(text_of(item));
      return fmt::format("[{}]", fmt::join(items, ", "));
    }
    std::string operator()(const Table& table) const {
      std::vector<std::string> items;
      for (const auto& [key, item] : table.values()) items.push_back(key + " = " + text_of(item));
      return fmt::format("{{{}}}", fmt::join(items, ", "));
    }
  };
  return std::visit(Visitor{}, value.data);
}

// Every leaf by its whole key.
void flatten(const Table& table, const std::string& prefix,
             std::map<std::string, std::string>& leaves) {
  for (const auto& [key, value] : table.values()) {
    if (const auto* inner = std::get_if<Table>(&value.data)) {
      flatten(*inner, prefix + key + ".", leaves);
    } else {
      leaves[prefix + key] = text_of(value);
    }
  }
}

}  // namespace

std::map<std::string, std::string> leaves_of(const Table& table) {
  std::map<std::string, std::string> leaves;
  flatten(table, "", leaves);
  return leaves;
}

std::vector<std::string> differences(const Table& before, const Table& after) {
  const auto old_leaves = leaves_of(before);
  const auto new_leaves = leaves_of(after);
  std::set<std::string> keys;
  for (const auto& [key, value] : old_leaves) keys.insert(key);
  for (const auto& [key, value] : new_leaves) keys.insert(key);
  const auto leaf = [](const auto& leaves, const std::string& key) {
    const auto found = leaves.find(key);
    return found == leaves.end() ? std::string("none") : found->second;
  };
  std::vector<std::string> lines;
  for (const std::string& key : keys) {
    const std::string was = leaf(old_leaves, key);
    const std::string is = leaf(new_leaves, key);
    if (was != is) lines.push_back(fmt::format("{}: {} -> {}", key, was, is));
  }
  return lines;
}

}  // namespace foresight

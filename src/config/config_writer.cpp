#include "config/config_writer.h"

namespace foresight {

void ConfigWriter::set(std::string_view key, ConfigValue value) {
  open_.back().table.set(std::string(key), std::move(value));
}

void ConfigWriter::field(std::string_view key, std::int64_t& value, Range, std::string_view) {
  set(key, {value});
}

void ConfigWriter::field(std::string_view key, double& value, Range, std::string_view) {
  set(key, {value});
}

void ConfigWriter::field(std::string_view key, bool& value, std::string_view) { set(key, {value}); }

void ConfigWriter::field(std::string_view key, std::string& value, const std::vector<std::string>&,
                         std::string_view) {
  set(key, {value});
}

void ConfigWriter::field(std::string_view key, std::vector<std::int64_t>& value, Range,
                         std::string_view) {
  ValueList list;
  for (const std::int64_t item : value) list.push_back({item});
  set(key, {std::move(list)});
}

void ConfigWriter::field(std::string_view key, Table& value, std::string_view) {
  set(key, {value});
}

ConfigWriter::Level ConfigWriter::close() {
  Level level = std::move(open_.back());
  open_.pop_back();
  return level;
}

void ConfigWriter::begin_group(std::string_view key, std::string_view) {
  open_.push_back({.key = std::string(key)});
}

void ConfigWriter::end_group() {
  Level group = close();
  set(group.key, {std::move(group.table)});
}

std::optional<std::size_t> ConfigWriter::begin_list(std::string_view key, std::size_t,
                                                    std::string_view) {
  open_.push_back({.key = std::string(key)});
  return std::nullopt;
}

void ConfigWriter::begin_item(std::size_t) { open_.push_back({}); }

void ConfigWriter::end_item() {
  Level item = close();
  open_.back().items.push_back({std::move(item.table)});
}

void ConfigWriter::end_list() {
  Level list = close();
  set(list.key, {std::move(list.items)});
}

}  // namespace foresight

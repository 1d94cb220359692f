#include "config/config_printer.h"

#include <fmt/format.h>

#include "config/config_reader.h"
#include "config/toml_layout.h"

namespace foresight {
namespace {

// "steps the planner looks ahead [1, 1000]".
std::string with_range(std::string_view help, Range range) {
  std::string bounds = describe_range(range);
  if (bounds.starts_with("in ")) bounds.erase(0, 3);
  if (bounds.empty()) return std::string(help);
  const bool is_interval = bounds.starts_with('[');
  return is_interval ? fmt::format("{} {}", help, bounds) : fmt::format("{} ({})", help, bounds);
}

}  // namespace

ConfigPrinter::ConfigPrinter() : open_(1) {}
ConfigPrinter::~ConfigPrinter() = default;

std::string ConfigPrinter::text() const { return render(open_.front()); }

void ConfigPrinter::add_line(std::string_view key, const ConfigValue& value, std::string comment) {
  open_.back().lines.push_back(
      {fmt::format("{} = {}", toml_key(key), toml_value(value)), std::move(comment)});
}

void ConfigPrinter::field(std::string_view key, std::int64_t& value, Range range,
                          std::string_view help) {
  add_line(key, {value}, with_range(help, range));
}

void ConfigPrinter::field(std::string_view key, double& value, Range range, std::string_view help) {
  add_line(key, {value}, with_range(help, range));
}

void ConfigPrinter::field(std::string_view key, bool& value, std::string_view help) {
  add_line(key, {value}, std::string(help));
}

void ConfigPrinter::field(std::string_view key, std::string& value,
                          const std::vector<std::string>& choices, std::string_view help) {
  add_line(key, {value},
           choices.empty() ? std::string(help)
                           : fmt::format("{} ({})", help, fmt::join(choices, " | ")));
}

void ConfigPrinter::field(std::string_view key, std::vector<std::int64_t>& value, Range each,
                          std::string_view help) {
  ValueList list;
  for (const std::int64_t item : value) list.push_back({item});
  add_line(key, {std::move(list)}, with_range(help, each));
}

void ConfigPrinter::field(std::string_view key, Table& value, std::string_view help) {
  begin_group(key, help);
  add_values(open_.back(), value);
  end_group();
}

void ConfigPrinter::open(std::string path, std::string comment) {
  open_.push_back({.path = std::move(path), .comment = std::move(comment)});
}

void ConfigPrinter::close() {
  TomlSection section = std::move(open_.back());
  open_.pop_back();
  open_.back().sections.push_back(std::move(section));
}

void ConfigPrinter::begin_group(std::string_view key, std::string_view help) {
  open(toml_path(open_.back().path, key), std::string(help));
}

void ConfigPrinter::end_group() { close(); }

std::optional<std::size_t> ConfigPrinter::begin_list(std::string_view key, std::size_t size,
                                                     std::string_view help) {
  if (size == 0) add_line(key, {ValueList{}}, std::string(help));
  lists_.push_back({toml_path(open_.back().path, key), std::string(help)});
  return std::nullopt;
}

void ConfigPrinter::begin_item(std::size_t index) {
  open(lists_.back().path, index == 0 ? lists_.back().help : "");
  open_.back().is_list_item = true;
}

void ConfigPrinter::end_item() { close(); }

void ConfigPrinter::end_list() { lists_.pop_back(); }

}  // namespace foresight

#include "config/toml_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/table.h"

namespace foresight {
namespace {

bool is_bare(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

std::string escaped(char letter) {
  switch (letter) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(letter);
  return code < 0x20 || code == 0x7F ? fmt::format("\\u{:04X}", code) : std::string(1, letter);
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) result += escaped(letter);
  return result + "\"";
}

// The shortest digits that read back as the same number, always with the look of a float.
std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string inline_list(const ValueList& list) {
  std::string text;
  for (const ConfigValue& item : list) text += (text.empty() ? "" : ", ") + toml_value(item);
  return "[" + text + "]";
}

std::string inline_table(const Table& table) {
  std::string text;
  for (const auto& [key, value] : table.values()) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", toml_key(key), toml_value(value));
  }
  return "{" + text + "}";
}

// Comments start in one column, unless a line is so long that it would push them off the page.
std::size_t comment_column(const std::vector<TomlLine>& lines) {
  constexpr std::size_t kWidest = 40;
  std::size_t column = 0;
  for (const TomlLine& line : lines) {
    if (line.assignment.size() <= kWidest) column = std::max(column, line.assignment.size());
  }
  return column;
}

void render_section(const TomlSection& section, std::string& text) {
  if (!section.path.empty()) {
    if (!text.empty()) text += "\n";
    if (!section.comment.empty()) text += fmt::format("# {}\n", section.comment);
    text += section.is_list_item ? fmt::format("[[{}]]\n", section.path)
                                 : fmt::format("[{}]\n", section.path);
  }
  const std::size_t column = comment_column(section.lines);
  for (const TomlLine& line : section.lines) {
    if (line.comment.empty()) {
      text += line.assignment + "\n";
    } else {
      text += fmt::format("{:<{}}  # {}\n", line.assignment, column, line.comment);
    }
  }
  for (const TomlSection& inner : section.sections) render_section(inner, text);
}

}  // namespace

std::string render(const TomlSection& document) {
  std::string text;
  render_section(document, text);
  return text;
}

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), is_bare);
  return bare ? std::string(key) : in_quotes(key);
}

std::string toml_path(std::string_view parent, std::string_view key) {
  return parent.empty() ? toml_key(key) : fmt::format("{}.{}", parent, toml_key(key));
}

std::string toml_value(const ConfigValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.data)) {
    return fmt::format("{}", *integer);
  }
  if (const auto* number = std::get_if<double>(&value.data)) return float_text(*number);
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value.data)) return in_quotes(*text);
  if (const auto* list = std::get_if<ValueList>(&value.data)) return inline_list(*list);
  return inline_table(std::get<Table>(value.data));
}

bool is_list_of_tables(const ConfigValue& value) {
  const auto* list = std::get_if<ValueList>(&value.data);
  return list && !list->empty() &&
         std::all_of(list->begin(), list->end(), [](const ConfigValue& item) {
           return std::holds_alternative<Table>(item.data);
         });
}

void add_values(TomlSection& section, const Table& table) {
  for (const auto& [key, value] : table.values()) {
    const std::string path = toml_path(section.path, key);
    if (const auto* inner = std::get_if<Table>(&value.data)) {
      add_values(section.sections.emplace_back(TomlSection{.path = path}), *inner);
    } else if (is_list_of_tables(value)) {
      for (const ConfigValue& item : std::get<ValueList>(value.data)) {
        auto& entry = section.sections.emplace_back(TomlSection{.path = path});
        entry.is_list_item = true;
        add_values(entry, std::get<Table>(item.data));
      }
    } else {
      section.lines.push_back({fmt::format("{} = {}", toml_key(key), toml_value(value)), ""});
    }
  }
}

std::string to_toml(const Table& table) {
  TomlSection document;
  add_values(document, table);
  return render(document);
}

}  // namespace foresight

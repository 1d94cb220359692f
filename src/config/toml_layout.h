// A TOML document as it will be printed: sections with lines, comments aligned. Both printers
// (to_toml of a tree, to_commented_toml of a config) build this and differ in nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/tree.h"

namespace foresight {

struct TomlLine {
  std::string assignment;  // "horizon = 5"
  std::string comment;     // empty: none
};

struct TomlSection {
  std::string path = {};  // "agent.planner", quoted where TOML wants it; empty: the whole document
  std::string comment = {};   // above the header
  bool is_list_item = false;  // [[path]]
  std::vector<TomlLine> lines = {};
  std::vector<TomlSection> sections = {};
};

// Text that parses back to what the sections hold.
std::string render(const TomlSection& document);

// A key as TOML wants it, in quotes if it is not a bare word.
std::string toml_key(std::string_view key);
// "agent" + "planner" -> "agent.planner".
std::string toml_path(std::string_view parent, std::string_view key);
// A value on one line; tables become inline tables.
std::string toml_value(const ConfigValue& value);
// True for a list that is printed as [[key]] sections.
bool is_list_of_tables(const ConfigValue& value);

// Adds every value of `table`, plain ones as lines, tables as sections.
void add_values(TomlSection& section, const Table& table);

}  // namespace foresight

// A parsed TOML tree that remembers where each value came from (file and line, or the command
// line), and the functions between trees and config structs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/fields.h"

namespace foresight {

struct ConfigValue;

// Keys to values, in sorted order. Copyable; nested tables are values.
class Table {
 public:
  bool empty() const { return values_.empty(); }
  bool contains(std::string_view key) const { return values_.find(key) != values_.end(); }
  const ConfigValue* find(std::string_view key) const;
  void set(std::string key, ConfigValue value);
  const std::map<std::string, ConfigValue, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, ConfigValue, std::less<>> values_;
};

using ValueList = std::vector<ConfigValue>;

struct ConfigValue {
  std::variant<std::int64_t, double, bool, std::string, ValueList, Table> data;
  std::string origin;  // "configs/hockey/quick.toml:12", "command line", "" for defaults
};

// Reads a TOML file. An error names the file, line and column.
Table read_toml_file(const std::filesystem::path& path);
Table parse_toml(std::string_view text, const std::string& origin);

// Applies "a.b.c=value" (the value in TOML's form, bare words are text) over `table`.
void apply_override(Table& table, std::string_view assignment);

// Lays `over` on `base`: tables are merged key by key, everything else is replaced.
Table merge(const Table& base, const Table& over);

// Every mistake at once, each line with its origin.
struct ConfigProblems {
  std::vector<std::string> lines;
  void throw_if_any() const;  // Error with all lines
};

// Fills `config` from `table`. Unknown keys (with the nearest known one), wrong types and numbers
// out of range are added to `problems`; `path` is the prefix of keys in messages ("agent.planner").
template <typename Config>
void read_config(const Table& table, Config& config, const std::string& path,
                 ConfigProblems& problems);

// The same, throwing Error with every mistake at once.
template <typename Config>
Config read_config(const Table& table, const std::string& path);

// The config as a tree with every field present (resolved), and as commented TOML: each line ends
// with `# help [min, max]`.
template <typename Config>
Table to_table(const Config& config);
std::string to_toml(const Table& table);
template <typename Config>
std::string to_commented_toml(const Config& config);

// FNV-1a of the printed form: equal configs have equal hashes.
std::uint64_t hash_of(const Table& table);

}  // namespace foresight

#include "config/table_inl.h"

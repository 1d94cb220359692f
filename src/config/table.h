// Functions between TOML files, trees of values and config structs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/fields.h"
#include "config/tree.h"

namespace foresight {

// Bounds of what is read: nesting of tables and lists, and the size of a file.
inline constexpr std::size_t kMaxConfigDepth = 32;
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

// Reads a TOML file. An error names the file, line and column. Dates are refused.
Table read_toml_file(const std::filesystem::path& path);
// The same for a text; the origin of its values is "<origin>:<line>".
Table parse_toml(std::string_view text, const std::string& origin);

// Applies "a.b.c=value" over `table`: the value in TOML's form, anything else is text. A number
// names an item of a list, "curriculum.0.steps=5". Missing tables are made.
void apply_override(Table& table, std::string_view assignment);

// Lays `over` on `base`: tables are merged key by key, everything else is replaced.
Table merge(const Table& base, const Table& over);

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

#include "config/experiment_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/input_file.h"
#include "base/registry.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBaseKey = "base";

[[noreturn]] void fail_unknown(const std::string& name, const fs::path& configs_root,
                               const std::string& origin) {
  const auto names = config_names(configs_root);
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) {  // perhaps only the folder was left out: "quick" for "hockey/quick"
    for (const std::string& known : names) {
      if (known.ends_with("/" + name)) hint = fmt::format("; did you mean \"{}\"?", known);
    }
  }
  fail("{}unknown config \"{}\"{}\n  known in {}: {}", origin, name, hint,
       display_path(configs_root), fmt::join(names, ", "));
}

fs::path named_file(const std::string& name, const fs::path& configs_root,
                    const std::string& origin) {
  const fs::path path = configs_root / (name + ".toml");
  std::error_code ignored;
  if (name.empty() || !fs::exists(path, ignored)) fail_unknown(name, configs_root, origin);
  return path;
}

// A base is a path beside the file that names it, or else a name like any other.
fs::path base_file(const ConfigValue& base, const fs::path& user, const fs::path& configs_root) {
  const auto* name = std::get_if<std::string>(&base.data);
  if (!name) {
    fail("{}: base: expected text such as \"hockey/quick\", found {}", base.origin,
         describe_value(base));
  }
  const fs::path beside = user.parent_path() / *name;
  if (name->ends_with(".toml")) return beside;
  std::error_code ignored;
  const fs::path beside_toml = beside.string() + ".toml";
  if (fs::exists(beside_toml, ignored)) return beside_toml;
  return named_file(*name, configs_root, base.origin + ": ");
}

Table read_with_bases(const fs::path& path, const fs::path& configs_root,
                      std::vector<fs::path>& users) {
  const fs::path self = fs::weakly_canonical(path);
  const bool is_cycle = std::find(users.begin(), users.end(), self) != users.end();
  users.push_back(self);
  if (is_cycle) {
    std::string chain;
    for (const auto& user : users) chain += (chain.empty() ? "" : " -> ") + display_path(user);
    fail("a config is its own base: {}", chain);
  }
  Table table = read_toml_file(path);
  const ConfigValue* base = table.find(kBaseKey);
  if (!base) return table;
  const Table below = read_with_bases(base_file(*base, path, configs_root), configs_root, users);
  table.erase(kBaseKey);
  return merge(below, table);
}

}  // namespace

std::vector<std::string> config_names(const fs::path& configs_root) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(configs_root, ignored)) {
    if (entry.path().extension() != ".toml") continue;
    names.push_back(entry.path().lexically_relative(configs_root).replace_extension().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Table load_config(const std::string& name, const fs::path& configs_root,
                  std::span<const std::string> overrides) {
  const fs::path path =
      name.ends_with(".toml") ? fs::path(name) : named_file(name, configs_root, "");
  std::vector<fs::path> users;
  Table table = read_with_bases(path, configs_root, users);
  ConfigProblems problems;
  for (const std::string& assignment : overrides) {
    try {
      apply_override(table, assignment);
    } catch (const Error& error) {
      problems.lines.emplace_back(error.what());
    }
  }
  problems.throw_if_any();
  return table;
}

}  // namespace foresight

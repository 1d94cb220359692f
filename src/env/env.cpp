#include "env/env.h"

#include <algorithm>
#include <variant>

namespace foresight {

const EnvEntry& find_env_entry(const std::string& id) {
  const EnvRegistry& registry = EnvRegistry::instance();
  const auto names = registry.names();
  if (std::ranges::find(names, id) == names.end()) {
    for (const std::string& name : names) {
      const EnvEntry& entry = registry.find(name, "environment");
      if (entry.accepts && entry.accepts(id)) return entry;
    }
  }
  return registry.find(id, "environment");
}

std::unique_ptr<Env> make_env(const Table& section) {
  const ConfigValue* id = section.find("id");
  if (id == nullptr) {
    fail("env.id is missing: name an environment, for example id = \"hockey\"\n  known: {}",
         fmt::join(EnvRegistry::instance().names(), ", "));
  }
  const auto* name = std::get_if<std::string>(&id->data);
  if (name == nullptr) fail("{}: env.id must be a text such as \"hockey\"", id->origin);
  return find_env_entry(*name).make(section);
}

}  // namespace foresight

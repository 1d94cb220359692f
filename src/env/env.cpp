#include "env/env.h"

#include <variant>

namespace foresight {

std::unique_ptr<Env> make_env(const Table& section) {
  const ConfigValue* id = section.find("id");
  if (id == nullptr) {
    fail("env.id is missing: name an environment, for example id = \"hockey\"\n  known: {}",
         fmt::join(EnvRegistry::instance().names(), ", "));
  }
  const auto* name = std::get_if<std::string>(&id->data);
  if (name == nullptr) fail("{}: env.id must be a text such as \"hockey\"", id->origin);
  return EnvRegistry::instance().find(*name, "environment").make(section);
}

}  // namespace foresight

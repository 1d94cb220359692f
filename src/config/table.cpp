#include "config/table.h"

namespace foresight {

Table merge(const Table& base, const Table& over) {
  Table result = base;
  for (const auto& [key, value] : over.values()) {
    const ConfigValue* below = result.find(key);
    const Table* lower = below ? std::get_if<Table>(&below->data) : nullptr;
    const Table* upper = std::get_if<Table>(&value.data);
    if (lower && upper) {
      result.set(key, {merge(*lower, *upper), value.origin});
    } else {
      result.set(key, value);
    }
  }
  return result;
}

std::uint64_t hash_of(const Table& table) {
  std::uint64_t hash = 0xCBF29CE484222325ull;
  for (const char letter : to_toml(table)) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ull;
  }
  return hash;
}

}  // namespace foresight

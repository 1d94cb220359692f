// Any text is a config or an Error; a config prints to text that reads back and prints alike.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "config/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  Table table;
  try {
    table = parse_toml({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const Error&) {  // the one allowed way to fail
    return 0;
  }
  const std::string printed = to_toml(table);
  FS_CHECK(to_toml(parse_toml(printed, "printed")) == printed, "{}", printed);
  return 0;
}

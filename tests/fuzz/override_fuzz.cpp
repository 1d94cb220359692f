// Any text is an override or an Error; what it leaves prints to text that reads back.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "config/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  static const Table kConfig = parse_toml("a = [1, {b = 2}]\nb.a = 1\nc = 'x'", "fuzz");
  Table table = kConfig;
  try {
    apply_override(table, {reinterpret_cast<const char*>(data), size});
  } catch (const Error&) {  // the one allowed way to fail
    return 0;
  }
  const std::string printed = to_toml(table);
  FS_CHECK(to_toml(parse_toml(printed, "printed")) == printed, "{}", printed);
  return 0;
}

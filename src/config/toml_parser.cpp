// The only file that sees toml++. Built header-only, whatever the distribution's package prefers,
// so that the nesting bound below holds and no shared library is needed at run time.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_SHARED_LIB 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
// toml++ asserts what malformed text can make untrue ("x = ," or "x = 2026-07-01T"), though it
// reports such text well right behind; in a release build it even lets the compiler rely on it.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/error.h"
#include "base/input_file.h"
#include "config/table.h"
#include "config/toml_guard.h"

namespace foresight {
namespace {

static_assert(kMaxConfigDepth == TOML_MAX_NESTED_VALUES);

class Converter {
 public:
  explicit Converter(const std::string& origin) : origin_(origin) {}

  Table table(const toml::table& source, std::size_t depth) const {
    if (depth > kMaxConfigDepth) fail_at(source, "tables nested too deeply");
    Table result;
    for (const auto& [key, node] : source) {
      ConfigValue converted = value(node, depth);
      // Errors about a key point at the key: a dotted table has no other place.
      converted.origin = place(key.source());
      result.set(std::string(key.str()), std::move(converted));
    }
    return result;
  }

 private:
  ConfigValue value(const toml::node& node, std::size_t depth) const {
    const std::string origin = place(node.source());
    if (const auto* integer = node.as_integer()) return {integer->get(), origin};
    if (const auto* real = node.as_floating_point()) return {real->get(), origin};
    if (const auto* flag = node.as_boolean()) return {flag->get(), origin};
    if (const auto* text = node.as_string()) return {text->get(), origin};
    if (const auto* inner = node.as_table()) return {table(*inner, depth + 1), origin};
    if (const auto* list = node.as_array()) return {items(*list, depth + 1), origin};
    fail_at(node, "dates and times have no use here; put text in quotes");
  }

  ValueList items(const toml::array& source, std::size_t depth) const {
    if (depth > kMaxConfigDepth) fail_at(source, "lists nested too deeply");
    ValueList result;
    for (const toml::node& item : source) result.push_back(value(item, depth));
    return result;
  }

  std::string place(const toml::source_region& region) const {
    return fmt::format("{}:{}", origin_, region.begin.line);
  }

  [[noreturn]] void fail_at(const toml::node& node, std::string_view message) const {
    fail("{}:{}: {}", place(node.source()), node.source().begin.column, message);
  }

  const std::string& origin_;
};

}  // namespace

Table parse_toml(std::string_view text, const std::string& origin) {
  if (text.size() > kMaxConfigBytes) {
    fail("{}: too big: expected at most {} bytes, found {}", origin, kMaxConfigBytes, text.size());
  }
  const std::string guarded = guarded_toml(text, origin);
  try {
    return Converter(origin).table(toml::parse(guarded), 0);
  } catch (const toml::parse_error& error) {
    fail("{}:{}:{}: {}", origin, error.source().begin.line, error.source().begin.column,
         error.description());
  }
}

Table read_toml_file(const std::filesystem::path& path) {
  return parse_toml(read_text_file(path, kMaxConfigBytes), display_path(path));
}

}  // namespace foresight

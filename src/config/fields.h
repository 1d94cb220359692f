// One field table per component. A config struct is plain, with defaults, and lists its fields
// once:
//
//   struct MppiConfig {
//     std::int64_t horizon = 3;
//     void visit(FieldVisitor& v) {
//       v.field("horizon", horizon, {1, 1000}, "steps the planner looks ahead");
//     }
//   };
//
// Parsing, `planner.horizon=5` on the command line, help, printing and hashing derive from it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

// Closed interval [min, max].
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

class Table;  // an untyped part of a config file: config/table.h

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;

  virtual void field(std::string_view key, std::int64_t& value, Range range,
                     std::string_view help) = 0;
  virtual void field(std::string_view key, double& value, Range range, std::string_view help) = 0;
  virtual void field(std::string_view key, bool& value, std::string_view help) = 0;
  // An empty list of choices allows any text.
  virtual void field(std::string_view key, std::string& value,
                     const std::vector<std::string>& choices, std::string_view help) = 0;
  virtual void field(std::string_view key, std::vector<std::int64_t>& value, Range each,
                     std::string_view help) = 0;
  // An untyped sub-table that another component will read (an env's or agent's own section).
  virtual void field(std::string_view key, Table& value, std::string_view help) = 0;

  // A sub-table with its own struct: v.group("planner", planner, "how actions are searched").
  template <typename Config>
  void group(std::string_view key, Config& config, std::string_view help) {
    begin_group(key, help);
    config.visit(*this);
    end_group();
  }

  // An array of tables ([[curriculum]] in TOML): one struct an entry. A list in a file replaces the
  // default one: its entries start from the defaults of Config.
  template <typename Config>
  void list(std::string_view key, std::vector<Config>& configs, std::string_view help) {
    const std::optional<std::size_t> replaced = begin_list(key, configs.size(), help);
    if (replaced) configs.assign(*replaced, Config{});
    for (std::size_t i = 0; i < configs.size(); ++i) {
      begin_item(i);
      configs[i].visit(*this);
      end_item();
    }
    end_list();
  }

 protected:
  virtual void begin_group(std::string_view key, std::string_view help) = 0;
  virtual void end_group() = 0;
  // Returns how many fresh entries replace the list of `size` entries, or nothing to keep it.
  virtual std::optional<std::size_t> begin_list(std::string_view key, std::size_t size,
                                                std::string_view help) = 0;
  virtual void begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() = 0;
};

}  // namespace foresight

// Collects every field of a config into a Table (to_table).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/fields.h"
#include "config/tree.h"

namespace foresight {

class ConfigWriter : public FieldVisitor {
 public:
  ConfigWriter() : open_(1) {}
  Table take() { return std::move(open_.front().table); }

  void field(std::string_view key, std::int64_t& value, Range, std::string_view) override;
  void field(std::string_view key, double& value, Range, std::string_view) override;
  void field(std::string_view key, bool& value, std::string_view) override;
  void field(std::string_view key, std::string& value, const std::vector<std::string>&,
             std::string_view) override;
  void field(std::string_view key, std::vector<std::int64_t>& value, Range,
             std::string_view) override;
  void field(std::string_view key, Table& value, std::string_view) override;

 protected:
  void begin_group(std::string_view key, std::string_view) override;
  void end_group() override;
  std::optional<std::size_t> begin_list(std::string_view key, std::size_t,
                                        std::string_view) override;
  void begin_item(std::size_t) override;
  void end_item() override;
  void end_list() override;

 private:
  // A table being filled, or a list whose items are.
  struct Level {
    std::string key;
    Table table = {};
    ValueList items = {};
  };
  void set(std::string_view key, ConfigValue value);
  Level close();

  std::vector<Level> open_;
};

}  // namespace foresight

// Prints a config as TOML that explains itself (to_commented_toml): each line ends with the field's
// help and range or choices.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/fields.h"
#include "config/tree.h"

namespace foresight {

struct TomlSection;

class ConfigPrinter : public FieldVisitor {
 public:
  ConfigPrinter();
  ~ConfigPrinter() override;
  std::string text() const;

  void field(std::string_view key, std::int64_t& value, Range range,
             std::string_view help) override;
  void field(std::string_view key, double& value, Range range, std::string_view help) override;
  void field(std::string_view key, bool& value, std::string_view help) override;
  void field(std::string_view key, std::string& value, const std::vector<std::string>& choices,
             std::string_view help) override;
  void field(std::string_view key, std::vector<std::int64_t>& value, Range each,
             std::string_view help) override;
  void field(std::string_view key, Table& value, std::string_view help) override;

 protected:
  void begin_group(std::string_view key, std::string_view help) override;
  void end_group() override;
  std::optional<std::size_t> begin_list(std::string_view key, std::size_t size,
                                        std::string_view help) override;
  void begin_item(std::size_t index) override;
  void end_item() override;
  void end_list() override;

 private:
  struct OpenList {
    std::string path;
    std::string help;
  };
  void add_line(std::string_view key, const ConfigValue& value, std::string comment);
  void open(std::string path, std::string comment);
  void close();

  std::vector<TomlSection> open_;  // the document, then the sections being filled
  std::vector<OpenList> lists_;
};

}  // namespace foresight

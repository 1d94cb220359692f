// Fills a config from a Table and collects every mistake (read_config).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/fields.h"
#include "config/tree.h"

namespace foresight {

class ConfigReader : public FieldVisitor {
 public:
  // `path` is the prefix of keys in messages, empty for a whole file.
  ConfigReader(const Table& table, const std::string& path);
  // After the visit: adds the mistakes to `problems`, in the order of the file's lines.
  void report(ConfigProblems& problems);

  void field(std::string_view key, std::int64_t& value, Range range, std::string_view) override;
  void field(std::string_view key, double& value, Range range, std::string_view) override;
  void field(std::string_view key, bool& value, std::string_view) override;
  void field(std::string_view key, std::string& value, const std::vector<std::string>& choices,
             std::string_view) override;
  void field(std::string_view key, std::vector<std::int64_t>& value, Range each,
             std::string_view) override;
  void field(std::string_view key, Table& value, std::string_view) override;

 protected:
  void begin_group(std::string_view key, std::string_view) override;
  void end_group() override;
  std::optional<std::size_t> begin_list(std::string_view key, std::size_t,
                                        std::string_view) override;
  void begin_item(std::size_t index) override;
  void end_item() override;
  void end_list() override;

 private:
  // The table whose fields are being visited; null where the file says nothing.
  struct Level {
    const Table* table = nullptr;
    std::string path;
    std::vector<std::string> known = {};  // keys visited so far
  };
  // A list of tables whose items are being visited; null where the file says nothing.
  struct OpenList {
    const ValueList* items = nullptr;
    std::string path;
  };
  struct Mistake {
    std::string origin;
    std::string text;
  };
  struct UnknownKey {
    std::string key;
    std::string path;
    std::string origin;
    std::string nearest;  // among the keys beside it
  };

  const ConfigValue* look_up(std::string_view key);
  std::string path_of(std::string_view key) const;
  void mistake(const ConfigValue& value, const std::string& path, std::string expected);
  bool read_integer(const ConfigValue& found, const std::string& path, Range range,
                    std::int64_t& value);
  void open(const ConfigValue* found, std::string path);
  void close();
  std::string hint(const UnknownKey& unknown) const;

  std::vector<Level> levels_;
  std::vector<OpenList> lists_;
  std::vector<Mistake> mistakes_;
  std::vector<UnknownKey> unknown_;
  std::vector<std::string> known_paths_;  // "planner.horizon", every field visited
};

// `in [1, 1000]`, `at least 1`, `at most 5`; empty if every number is allowed.
std::string describe_range(Range range);

}  // namespace foresight

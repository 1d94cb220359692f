// The templates of config/table.h: each hands a visitor to the config's field table.
#pragma once

#include "config/config_printer.h"
#include "config/config_reader.h"
#include "config/config_writer.h"

namespace foresight {

template <typename Config>
void read_config(const Table& table, Config& config, const std::string& path,
                 ConfigProblems& problems) {
  ConfigReader reader(table, path);
  config.visit(reader);
  reader.report(problems);
}

template <typename Config>
Config read_config(const Table& table, const std::string& path) {
  Config config;
  ConfigProblems problems;
  read_config(table, config, path, problems);
  problems.throw_if_any();
  return config;
}

template <typename Config>
Table to_table(const Config& config) {
  Config copy = config;  // visit() may write, so it takes a mutable config
  ConfigWriter writer;
  copy.visit(writer);
  return writer.take();
}

template <typename Config>
std::string to_commented_toml(const Config& config) {
  Config copy = config;
  ConfigPrinter printer;
  copy.visit(printer);
  return printer.text();
}

}  // namespace foresight

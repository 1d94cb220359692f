#include "io/jsonl_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace foresight {
namespace {

std::string quoted_json(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void JsonlWriter::write(const MetricRow& row) {
  std::string line = "{";
  for (const auto& [name, value] : row) {
    line += line.size() > 1 ? ", " : "";
    line += quoted_json(name) + ": ";
    line += std::isfinite(value) ? fmt::format("{}", value) : "null";
  }
  file_.write_line(line + "}");
}

}  // namespace foresight

#include "io/csv_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/input_file.h"
#include "io/atomic_file.h"

namespace foresight {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 32;

// Names cannot hold a newline: a row is a line, so that half a row can be recognised.
std::string cell_of(const std::string& name) {
  FS_CHECK(name.find_first_of("\r\n") == std::string::npos, "a column's name holds a newline");
  if (name.find_first_of(",\"") == std::string::npos) return name;
  std::string cell = "\"";
  for (const char letter : name) cell += letter == '"' ? "\"\"" : std::string(1, letter);
  return cell + "\"";
}

std::vector<std::string> split_header(std::string_view line, const std::filesystem::path& path) {
  std::vector<std::string> names(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && in_quotes && i + 1 < line.size() && line[i + 1] == '"') {
      names.back() += line[++i];
    } else if (line[i] == '"') {
      in_quotes = !in_quotes;
    } else if (line[i] == ',' && !in_quotes) {
      names.emplace_back();
    } else {
      names.back() += line[i];
    }
  }
  if (in_quotes) fail("{}:1: the header ends inside of quotes", display_path(path));
  return names;
}

std::string header_of(const std::vector<std::string>& columns) {
  std::vector<std::string> cells;
  for (const std::string& name : columns) cells.push_back(cell_of(name));
  return fmt::format("{}", fmt::join(cells, ","));
}

}  // namespace

CsvWriter::CsvWriter(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return;
  file_.emplace(path_);
  std::ifstream stream = open_input_file(path_);
  std::string header;
  if (std::getline(stream, header)) columns_ = split_header(header, path_);
}

std::size_t CsvWriter::column_of(const std::string& name) {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end()) {
    columns_.push_back(name);
    return columns_.size() - 1;
  }
  return static_cast<std::size_t>(found - columns_.begin());
}

// Cells of rows are plain numbers, so a row grows by commas at its end.
void CsvWriter::rewrite(std::size_t num_old_columns) {
  std::string text = header_of(columns_) + "\n";
  if (num_old_columns > 0) {
    const std::string old = read_text_file(path_, kMaxBytes);
    const std::string commas(columns_.size() - num_old_columns, ',');
    for (std::size_t begin = old.find('\n') + 1; begin < old.size();) {
      const std::size_t end = old.find('\n', begin);
      text += old.substr(begin, end - begin) + commas + "\n";
      begin = end + 1;
    }
  }
  file_.reset();
  write_file_atomically(path_, text);
  file_.emplace(path_);
}

void CsvWriter::write(const MetricRow& row) {
  const std::size_t num_old_columns = columns_.size();
  std::vector<std::string> cells(num_old_columns);
  for (const auto& [name, value] : row) {
    const std::size_t column = column_of(name);
    cells.resize(columns_.size());
    cells[column] = fmt::format("{}", value);
  }
  if (columns_.size() > num_old_columns) rewrite(num_old_columns);
  if (file_) file_->write_line(fmt::format("{}", fmt::join(cells, ",")));
}

}  // namespace foresight

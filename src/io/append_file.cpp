#include "io/append_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/input_file.h"

namespace foresight {
namespace {

// Bytes up to and with the last newline.
std::uintmax_t whole_lines_size(const std::filesystem::path& path, std::uintmax_t size) {
  constexpr std::uintmax_t kBlock = 1 << 12;
  std::ifstream stream = open_input_file(path);
  std::string block;
  for (std::uintmax_t end = size; end > 0;) {
    const std::uintmax_t begin = end > kBlock ? end - kBlock : 0;
    block.resize(end - begin);
    stream.seekg(static_cast<std::streamoff>(begin));
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    if (!stream) fail("{}: cannot read", display_path(path));
    const std::size_t newline = block.rfind('\n');
    if (newline != std::string::npos) return begin + newline + 1;
    end = begin;
  }
  return 0;
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(path_, missing);
  if (!missing) {
    const std::uintmax_t whole = whole_lines_size(path_, size);
    if (whole < size) std::filesystem::resize_file(path_, whole);
  }
  file_.reset(std::fopen(path_.c_str(), "ab"));
  if (!file_) fail("{}: cannot write: {}", display_path(path_), std::strerror(errno));
}

void AppendFile::write_line(std::string_view line) {
  const bool is_written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() &&
                          std::fputc('\n', file_.get()) != EOF && std::fflush(file_.get()) == 0;
  if (!is_written) fail("{}: cannot write: {}", display_path(path_), std::strerror(errno));
}

}  // namespace foresight

#include "base/input_file.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/registry.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_not_found(const fs::path& path) {
  std::error_code ignored;
  std::vector<std::string> names;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    names.push_back(entry.path().filename().string());
  }
  fail("{}: no such file{}", display_path(path), did_you_mean(path.filename().string(), names));
}

}  // namespace

std::string display_path(const fs::path& path) {
  std::error_code unknown;
  const fs::path here = fs::current_path(unknown);
  if (unknown || !path.is_absolute()) return path.string();
  const fs::path relative = path.lexically_relative(here);
  const bool is_below = !relative.empty() && *relative.begin() != "..";
  return is_below ? relative.string() : path.string();
}

std::ifstream open_input_file(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (status.type() == fs::file_type::not_found) fail_not_found(path);
  if (status.type() == fs::file_type::none) {
    fail("{}: cannot read: {}", display_path(path), problem.message());
  }
  if (!fs::is_regular_file(status)) {
    fail("{}: expected a file, found {}", display_path(path),
         fs::is_directory(status) ? "a folder" : "something else");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail("{}: cannot read: {}", display_path(path), std::strerror(errno));
  return stream;
}

std::string read_text_file(const fs::path& path, std::size_t max_bytes) {
  std::ifstream stream = open_input_file(path);
  std::string text;
  std::vector<char> buffer(1 << 16);
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    text.append(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    if (text.size() > max_bytes) {
      fail("{}: too big: expected at most {} bytes", display_path(path), max_bytes);
    }
  }
  if (stream.bad()) fail("{}: cannot read: {}", display_path(path), std::strerror(errno));
  return text;
}

}  // namespace foresight

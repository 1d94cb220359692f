#include "base/home.h"

#include <cstdlib>
#include <optional>

namespace foresight {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> folder_with_configs(fs::path folder) {
  for (;; folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_directory(folder / "configs", ignored)) return folder;
    if (folder == folder.root_path() || folder.empty()) return std::nullopt;
  }
}

}  // namespace

fs::path home_folder() {
  if (const char* home = std::getenv("FORESIGHT_HOME"); home != nullptr) return home;
  if (const auto found = folder_with_configs(fs::current_path())) return *found;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (const auto found = folder_with_configs(program.parent_path())) return *found;
  return program.parent_path().parent_path() / "share" / "foresight";
}

}  // namespace foresight

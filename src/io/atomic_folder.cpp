#include "io/atomic_folder.h"

#include <fcntl.h>

#include <cstdio>

#include "base/error.h"
#include "io/atomic_file.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".unfinished";

// In one step, so that a crash leaves the old folder or the new one.
void put_in_place(const fs::path& fresh, const fs::path& target) {
  const bool is_swapped =
      ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0;
  if (is_swapped) {
    fs::remove_all(fresh);  // now the old one
    return;
  }
  fs::remove_all(target);  // mostly not there; else a file system that cannot swap
  fs::rename(fresh, target);
}

}  // namespace

void replace_folder(const fs::path& target, const std::function<void(const fs::path&)>& fill) {
  const fs::path fresh = target.string() + std::string(kUnfinished);
  try {
    fs::remove_all(fresh);
    fs::create_directory(fresh);  // never its parents: they may have vanished
    fill(fresh);
    for (const auto& file : fs::directory_iterator(fresh)) flush_to_disk(file.path());
    flush_to_disk(fresh);
    put_in_place(fresh, target);
    flush_to_disk(fs::absolute(target).parent_path());
  } catch (const fs::filesystem_error& problem) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    fail("{}: cannot write: {}", target.string(), problem.code().message());
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw;
  }
}

void remove_folder(const fs::path& target) {
  const fs::path doomed = target.string() + std::string(kUnfinished);
  try {
    fs::remove_all(doomed);
    fs::rename(target, doomed);
    fs::remove_all(doomed);
  } catch (const fs::filesystem_error& problem) {
    fail("{}: cannot remove: {}", target.string(), problem.code().message());
  }
}

void remove_unfinished_folders(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.path().filename().string().ends_with(kUnfinished)) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace foresight

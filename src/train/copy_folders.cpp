#include "train/copy_folders.h"

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "io/atomic_folder.h"

namespace foresight {

namespace fs = std::filesystem;

fs::path copies_folder(const fs::path& run_folder) { return run_folder / "selfplay"; }

void make_copies_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directory(folder, problem);
  if (problem) fail("cannot make the folder {}: {}", folder.string(), problem.message());
}

void drop_copies_after(const fs::path& folder, std::int64_t num_copies) {
  constexpr std::string_view kPrefix = "copy_";
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return;
  remove_unfinished_folders(folder);
  std::vector<fs::path> later;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    std::int64_t number = 0;
    const char* end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, number);
    if (error == std::errc{} && rest == end && number > num_copies) later.push_back(entry.path());
  }
  for (const fs::path& path : later) remove_folder(path);
}

}  // namespace foresight

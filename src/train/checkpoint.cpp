#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/atomic_file.h"
#include "io/atomic_folder.h"
#include "io/crc32c.h"
#include "train/rank_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "checkpoints";
constexpr const char* kLasting = "lasting";
constexpr const char* kManifest = "manifest.json";
constexpr std::string_view kPrefix = "step_";

struct FileEntry {
  std::uint64_t num_bytes = 0;
  std::uint32_t checksum = 0;
};
using Manifest = std::map<std::string, FileEntry>;

fs::path folder_of(const fs::path& run_folder, std::int64_t step) {
  return run_folder / kFolder / fmt::format("{}{:012}", kPrefix, step);
}

FileEntry entry_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail("{}: cannot be read", file.string());
  FileEntry entry;
  std::vector<char> buffer(std::size_t{1} << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    entry.checksum = crc32c(std::as_bytes(std::span(buffer.data(), count)), entry.checksum);
    entry.num_bytes += count;
  }
  return entry;
}

void write_manifest(const fs::path& folder) {
  nlohmann::ordered_json files = nlohmann::ordered_json::object();
  std::vector<fs::path> paths;
  for (const auto& file : fs::directory_iterator(folder)) paths.push_back(file.path());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    const FileEntry entry = entry_of(path);
    files[path.filename().string()] = {{"bytes", entry.num_bytes}, {"crc32c", entry.checksum}};
  }
  const nlohmann::ordered_json manifest{{"format", 1}, {"files", files}};
  write_file_atomically(folder / kManifest, manifest.dump(1) + "\n");
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path path = folder / kManifest;
  std::ifstream in(path);
  if (!in) fail("{}: missing", path.string());
  try {
    Manifest manifest;
    const auto json = nlohmann::json::parse(in);
    for (const auto& [name, entry] : json.at("files").items()) {
      manifest[name] = {entry.at("bytes"), entry.at("crc32c")};
    }
    return manifest;
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: damaged: {}", path.string(), problem.what());
  }
}

}  // namespace

fs::path lasting_folder(const fs::path& run_folder) { return run_folder / kFolder / kLasting; }

std::vector<Checkpoint> checkpoints_of(const fs::path& run_folder) {
  std::vector<Checkpoint> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run_folder / kFolder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    std::int64_t step = -1;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
    if (step >= 0 && folder_of(run_folder, step).filename() == name)
      found.push_back({step, entry.path()});
  }
  std::ranges::sort(found, {}, &Checkpoint::step);
  return found;
}

void write_checkpoint(const fs::path& run_folder, std::int64_t step,
                      const std::function<void(const fs::path&)>& fill) {
  const fs::path target = folder_of(run_folder, step);
  remove_unfinished_folders(target.parent_path());
  try {
    std::error_code problem;
    fs::create_directory(target.parent_path(), problem);
    if (problem)
      fail("{}: cannot make the folder: {}", target.parent_path().string(), problem.message());
    replace_folder(target, [&](const fs::path& fresh) {
      fill(fresh);
      write_manifest(fresh);
    });
  } catch (const std::exception& problem) {
    std::string text =
        fmt::format("the checkpoint of step {} was not written: {}", step, problem.what());
    const auto earlier = checkpoints_of(run_folder);
    if (!earlier.empty()) {
      text += fmt::format("\n  the one of step {} is intact: {}", earlier.back().step,
                          earlier.back().folder.string());
    }
    throw Error(text);
  }
}

void verify_checkpoint(const fs::path& folder) {
  for (const auto& [name, expected] : read_manifest(folder)) {
    const fs::path path = folder / name;
    const FileEntry found = entry_of(path);
    if (found.num_bytes != expected.num_bytes) {
      fail("{}: expected {} bytes, found {}", path.string(), expected.num_bytes, found.num_bytes);
    }
    if (found.checksum != expected.checksum) {
      fail("{}: damaged: expected the checksum {:08x}, found {:08x}", path.string(),
           expected.checksum, found.checksum);
    }
  }
}

void prune_checkpoints(const fs::path& run_folder, std::int64_t count) {
  const auto all = checkpoints_of(run_folder);
  for (std::int64_t i = 0; i + count < std::ssize(all); ++i) {
    remove_folder(all[static_cast<std::size_t>(i)].folder);
  }
}

void drop_checkpoints_after(const fs::path& run_folder, std::int64_t step) {
  for (const Checkpoint& checkpoint : checkpoints_of(run_folder)) {
    if (checkpoint.step > step) remove_folder(checkpoint.folder);
  }
}

Checkpoint choose_checkpoint(const fs::path& run_folder, bool may_fall_back,
                             const std::function<void(const std::string&)>& say) {
  auto all = checkpoints_of(run_folder);
  if (all.empty()) {
    fail("{}: no checkpoint to go on from; start it anew with foresight train {}",
         run_folder.string(), (run_folder / "config.toml").string());
  }
  for (std::string problems; !all.empty(); all.pop_back()) {
    try {
      verify_all_parts(all.back().folder);
      return all.back();
    } catch (const Error& problem) {
      if (!may_fall_back && all.size() > 1) {
        fail("{}\n  go on from the one before it (step {}) with: foresight resume {} --fallback",
             problem.what(), all[all.size() - 2].step, run_folder.string());
      }
      problems += fmt::format("{}{}", problems.empty() ? "" : "\n", problem.what());
      if (all.size() == 1) fail("{}\n  no other checkpoint is in order", problems);
      say(fmt::format("passed over: {}", problem.what()));
    }
  }
  fail("{}: no checkpoint", run_folder.string());
}

}  // namespace foresight

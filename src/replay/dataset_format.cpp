#include "replay/dataset_format.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/atomic_file.h"
#include "io/crc32c.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::int64_t kMostNumbers = 1 << 20;  // of a row

std::int64_t size_at(const Json& json, const char* key, std::int64_t least) {
  const auto value = json.at(key).get<std::int64_t>();
  if (value < least || value > kMostNumbers) {
    fail("{} = {}, expected {} to {}", key, value, least, kMostNumbers);
  }
  return value;
}

DatasetHeader header_of(const Json& json) {
  const int format = json.at("format").get<int>();
  if (format != kFormat) fail("format {}, this program knows {}", format, kFormat);
  DatasetHeader header{.observation_dim = size_at(json, "observation_dim", 1),
                       .action_dim = size_at(json, "action_dim", 1),
                       .tasks = {},
                       .source = json.value("source", "")};
  for (const Json& task : json.at("tasks")) {
    header.tasks.push_back({.name = task.at("name").get<std::string>(),
                            .observation_dim = size_at(task, "observation_dim", 1),
                            .action_dim = size_at(task, "action_dim", 1),
                            .max_episode_steps = size_at(task, "max_episode_steps", 0)});
    if (header.tasks.back().observation_dim > header.observation_dim ||
        header.tasks.back().action_dim > header.action_dim) {
      fail("task {} is wider than the rows", header.tasks.back().name);
    }
  }
  if (header.tasks.empty()) fail("it names no task");
  return header;
}

}  // namespace

std::uint32_t checksum_of(const DatasetEntry& entry) {
  return crc32c(std::as_bytes(std::span(&entry, 1)).first(offsetof(DatasetEntry, entry_checksum)));
}

bool is_dataset_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kDatasetFile, ignored);
}

DatasetHeader read_dataset_header(const fs::path& folder) {
  const fs::path path = folder / kDatasetFile;
  std::ifstream in(path);
  if (!in) fail("{}: no data set here (cannot read {})", folder.string(), kDatasetFile);
  try {
    return header_of(Json::parse(in));
  } catch (const Json::exception& problem) {
    fail("{}: not the description of a data set: {}", path.string(), problem.what());
  } catch (const Error& problem) {
    fail("{}: {}", path.string(), problem.what());
  }
}

void write_dataset_header(const fs::path& folder, const DatasetHeader& header) {
  Json tasks = Json::array();
  for (const DatasetTask& task : header.tasks) {
    tasks.push_back({{"name", task.name},
                     {"observation_dim", task.observation_dim},
                     {"action_dim", task.action_dim},
                     {"max_episode_steps", task.max_episode_steps}});
  }
  const Json json{{"format", kFormat},
                  {"observation_dim", header.observation_dim},
                  {"action_dim", header.action_dim},
                  {"source", header.source},
                  {"tasks", tasks}};
  write_file_atomically(folder / kDatasetFile, json.dump(1) + "\n");
}

fs::path rows_file(const fs::path& folder, std::int64_t shard) {
  return folder / fmt::format("shard-{:06}.rows", shard);
}

fs::path index_file(const fs::path& folder, std::int64_t shard) {
  return folder / fmt::format("shard-{:06}.index", shard);
}

}  // namespace foresight

#include "train/run_record.h"

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/atomic_file.h"

namespace foresight {

namespace {
constexpr const char* kFile = "run.json";
}  // namespace

std::string local_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof(text), format, &parts)};
}

void write_run_record(const std::filesystem::path& run_folder, const RunRecord& record) {
  nlohmann::ordered_json json{{"name", record.name},      {"note", record.note},
                              {"seed", record.seed},      {"version", record.version},
                              {"commit", record.commit},  {"started", record.started},
                              {"command", record.command}};
  if (!record.slurm_job.empty()) json["slurm_job"] = record.slurm_job;
  json["verdicts"] = nlohmann::ordered_json::array();
  for (const Verdict& verdict : record.verdicts) {
    json["verdicts"].push_back({{"time", verdict.time}, {"text", verdict.text}});
  }
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  write_file_atomically(run_folder / kFile, json.dump(2, ' ', false, replace) + "\n");
}

RunRecord read_run_record(const std::filesystem::path& run_folder) {
  const auto path = run_folder / kFile;
  std::ifstream in(path);
  if (!in) fail("{}: cannot be read; is this a run's folder?", path.string());
  try {
    const auto json = nlohmann::json::parse(in);
    RunRecord record{.name = json.at("name"),
                     .note = json.at("note"),
                     .seed = json.at("seed"),
                     .version = json.at("version"),
                     .commit = json.at("commit"),
                     .started = json.at("started"),
                     .command = json.at("command"),
                     .slurm_job = json.value("slurm_job", ""),
                     .verdicts = {}};
    for (const auto& verdict : json.value("verdicts", nlohmann::json::array())) {
      record.verdicts.push_back({verdict.at("time"), verdict.at("text")});
    }
    return record;
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: {}", path.string(), problem.what());
  }
}

}  // namespace foresight

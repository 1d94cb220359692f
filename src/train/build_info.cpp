#include "train/build_info.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/compute_library.h"
#include "base/error.h"
#include "foresight_commit.h"

namespace foresight {
namespace {

// The value of the first line of /proc/cpuinfo or the like that begins with `key`.
std::string proc_value(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace

std::string program_version() { return FORESIGHT_VERSION; }

std::string program_commit() { return kCommit; }

std::string cpu_name() { return proc_value("/proc/cpuinfo", "model name"); }

std::vector<std::string> cpu_features() {
  const std::string flags = " " + proc_value("/proc/cpuinfo", "flags") + " ";
  std::vector<std::string> found;
  for (const char* name : {"avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"}) {
    if (flags.find(fmt::format(" {} ", name)) != std::string::npos) found.emplace_back(name);
  }
  return found;
}

void set_compute_threads(int threads) {
  const int all = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (const std::string& name : ComputeLibraries::instance().names()) {
    ComputeLibraries::instance().find(name, "library").set_num_threads(threads > 0 ? threads : all);
  }
}

void write_machine_file(const std::filesystem::path& file) {
  utsname system{};
  uname(&system);
  nlohmann::ordered_json libraries = nlohmann::ordered_json::object();
  for (const std::string& name : ComputeLibraries::instance().names()) {
    libraries[name] = ComputeLibraries::instance().find(name, "library").version();
  }
  const nlohmann::ordered_json machine{
      {"cpu", cpu_name()},
      {"cores", std::thread::hardware_concurrency()},
      {"cpu_features", cpu_features()},
      {"memory", proc_value("/proc/meminfo", "MemTotal")},
      {"system", fmt::format("{} {}", system.sysname, system.release)},
      {"compiler", fmt::format("gcc-compatible {}", __VERSION__)},
      {"version", program_version()},
      {"commit", program_commit()},
      {"libraries", libraries}};
  std::ofstream out(file);
  out << machine.dump(2) << '\n';
  if (!out.flush()) fail("cannot write {}", file.string());
}

}  // namespace foresight

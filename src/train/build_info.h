// What this program is and what it runs on, as run folders and `--version` tell it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace foresight {

std::string program_version();  // "0.1.0"
std::string program_commit();   // of the checkout it was built from; "-dirty" with local changes

std::string cpu_name();  // "AMD EPYC"; empty where the system does not tell

// "avx2", "avx512f", ...: those that this program's speed depends on and this machine has.
std::vector<std::string> cpu_features();

// Sets the threads of every registered compute library; 0: all cores.
void set_compute_threads(int threads);

// Machine, compiler and libraries, as JSON.
void write_machine_file(const std::filesystem::path& file);

}  // namespace foresight

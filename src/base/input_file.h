// Opening and reading files, with errors that a user can act on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace foresight {

// A file opened for reading as bytes. Error: no such file (with the nearest name of its folder), a
// folder, no permission.
std::ifstream open_input_file(const std::filesystem::path& path);

// A whole file. Error: as above, or more than `max_bytes`.
std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes);

// The path as a message shows it: relative to the working folder if it lies below that.
std::string display_path(const std::filesystem::path& path);

}  // namespace foresight

// Where the shipped configs/ and models/ lie.
#pragma once

#include <filesystem>

namespace foresight {

// FORESIGHT_HOME if set; else the nearest folder at or above the working folder, then the program,
// that holds configs/; else share/foresight beside the program's bin/.
std::filesystem::path home_folder();

}  // namespace foresight

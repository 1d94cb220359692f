// A library that computes for us (LibTorch) and that only some folders may include: it registers
// what the rest of the program must still be able to ask of it.
#pragma once

#include <functional>
#include <string>

#include "base/registry.h"

namespace foresight {

struct ComputeLibrary {
  std::function<std::string()> version;      // "2.15.0, CPU with AVX-512"
  std::function<void(int)> set_num_threads;  // > 0; for the calling process
};

// The key is the library's name for people ("LibTorch").
using ComputeLibraries = Registry<ComputeLibrary>;

}  // namespace foresight

// What the program without LibTorch's headers may ask of LibTorch: its version and its threads.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "base/compute_library.h"
#include "nn/compute_team.h"

namespace foresight {
namespace {

[[maybe_unused]] const bool registered = ComputeLibraries::instance().add(
    "LibTorch", {.version = [] { return TORCH_VERSION + (", " + at::get_cpu_capability()); },
                 .set_num_threads = set_team_threads});

}  // namespace
}  // namespace foresight

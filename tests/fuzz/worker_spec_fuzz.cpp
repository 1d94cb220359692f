// Whatever a worker says first is a spec that memory can be laid out for, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "env/python/worker_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  try {
    const EnvSpec spec =
        parse_worker_spec(std::string_view(reinterpret_cast<const char*>(data), size));
    const WorkerLayout layout = layout_of(spec);
    const bool is_sound = spec.action_dim > 0 && spec.max_episode_steps > 0 &&
                          layout.observation >= WorkerLayout::kActions + 4 * spec.action_dim &&
                          layout.image >= layout.observation + 4 * spec.observation_dim &&
                          layout.size >= layout.image && layout.size < (std::size_t{1} << 30);
    if (!is_sound) std::abort();
  } catch (const Error&) {  // the one allowed way to fail
  }
  return 0;
}

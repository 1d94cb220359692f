// What a worker says of its environment, and where in the memory that both share things lie.
// The worker's side: python/foresight_worker.py.
// Axes: O observation, A action.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "env/env_spec.h"

namespace foresight {

// Byte offsets in the shared memory; every block begins at a multiple of 64.
struct WorkerLayout {
  static constexpr std::size_t kSeed = 0;
  static constexpr std::size_t kResult = 16;
  static constexpr std::size_t kActions = 64;  // float [A]
  std::size_t observation = 0;                 // float [O]
  std::size_t image = 0;                       // bytes
  std::size_t size = 0;
  bool operator==(const WorkerLayout&) const = default;
};

// As the worker packs it at kResult.
struct WorkerResult {
  double reward = 0.0;
  std::uint8_t terminated = 0;
  std::uint8_t truncated = 0;
  std::int8_t success = -1;  // -1: the environment does not say
};

// Reads a worker's first message. Error: it reports a problem, or says nonsense. The spec's id is
// left empty.
EnvSpec parse_worker_spec(std::string_view json);

WorkerLayout layout_of(const EnvSpec& spec);
std::string to_json(const WorkerLayout& layout);

}  // namespace foresight

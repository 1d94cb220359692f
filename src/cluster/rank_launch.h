// Whether mpirun or srun started this process as one of several: they say so in its environment.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace foresight {

struct RankLaunch {
  std::string by;  // "mpirun", "srun"
  int rank = 0;
  int size = 1;
};

// The value of a variable of the environment, empty without one.
using EnvironmentReader = std::function<std::string(const char* name)>;
std::string environment_value(const char* name);

// None: started by hand, or by srun or in a batch job as its only process.
std::optional<RankLaunch> find_launch(const EnvironmentReader& value = environment_value);

// Error: `num_ranks` of the config is another number than the processes that were started.
void check_launch(const std::optional<RankLaunch>& launch, std::int64_t num_ranks);

}  // namespace foresight

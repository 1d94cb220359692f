#include "cluster/rank_launch.h"

#include <charconv>
#include <cstdlib>

#include "base/error.h"

namespace foresight {
namespace {

std::optional<int> number_in(const std::string& text) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = problem == std::errc() && end == text.data() + text.size();
  return is_number && !text.empty() ? std::optional(number) : std::nullopt;
}

std::optional<RankLaunch> launch_of(const EnvironmentReader& value, const char* by,
                                    const char* rank_name, const char* size_name) {
  const auto rank = number_in(value(rank_name));
  const auto size = number_in(value(size_name));
  if (!rank || !size || *size < 1 || *rank < 0 || *rank >= *size) return std::nullopt;
  return RankLaunch{.by = by, .rank = *rank, .size = *size};
}

}  // namespace

std::string environment_value(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

// SLURM_NTASKS is set in a batch script, too, which is one process however many tasks it may start:
// only a step's own number tells. An MPI below srun sets PMI_SIZE, so srun is asked first.
std::optional<RankLaunch> find_launch(const EnvironmentReader& value) {
  if (auto launch = launch_of(value, "mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")) {
    return launch;
  }
  if (auto launch = launch_of(value, "srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS")) {
    return launch->size > 1 ? launch : std::nullopt;
  }
  return launch_of(value, "mpirun", "PMI_RANK", "PMI_SIZE");
}

void check_launch(const std::optional<RankLaunch>& launch, std::int64_t num_ranks) {
  if (!launch || launch->size == num_ranks) return;
  fail(
      "ranks = {}, but {} started {} process{}: say ranks={}, or start {} of them ({} -n {} "
      "foresight ...)",
      num_ranks, launch->by, launch->size, launch->size == 1 ? "" : "es", launch->size, num_ranks,
      launch->by, num_ranks);
}

}  // namespace foresight

// Recorded episodes of other forms, made into data sets (replay/dataset_format.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace foresight {

struct ConversionResult {
  std::int64_t num_episodes = 0;
  std::int64_t num_steps = 0;
};

// `source`: a folder of chunks, as python/convert_tdmpc2_dataset.py leaves them, in the order of
// their names: .safetensors files with obs [E, R, O], action [E, R, A], reward [E, R], task [E, R]
// or [E] (left out: 0), terminated [E, R] (left out: 0), where row 0 of an episode holds no step.
// `tasks`: mt30, mt80 or a list of environments, what the numbers in `task` stand for.
// Error: the file, the tensor, what was expected and what was found.
ConversionResult convert_chunks(const std::filesystem::path& source,
                                const std::filesystem::path& target, const std::string& tasks);

// `source`: a run folder; what the replay of its newest checkpoint remembers.
ConversionResult convert_run(const std::filesystem::path& source,
                             const std::filesystem::path& target);

}  // namespace foresight

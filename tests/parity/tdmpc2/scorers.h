// Every implementation of LatentModel for TD-MPC2, so that each is held to the recordings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/simd/cpu_level.h"
#include "world_model/tdmpc2/packed_scorer.h"
#include "world_model/tdmpc2/tensor_scorer.h"

namespace foresight {

enum class ScorerKind { kTensor, kPackedPlain, kPackedAvx2, kPackedAvx512 };

inline std::string name_of(ScorerKind kind) {
  static const char* const kNames[] = {"tensor", "packed_plain", "packed_avx2", "packed_avx512"};
  return kNames[static_cast<int>(kind)];
}

// Those that this processor can run.
inline std::vector<ScorerKind> all_scorers() {
  std::vector<ScorerKind> kinds{ScorerKind::kTensor};
  for (const CpuLevel level : available_cpu_levels()) {
    if (level == CpuLevel::kPlain) kinds.push_back(ScorerKind::kPackedPlain);
    if (level == CpuLevel::kAvx2) kinds.push_back(ScorerKind::kPackedAvx2);
    if (level == CpuLevel::kAvx512) kinds.push_back(ScorerKind::kPackedAvx512);
  }
  return kinds;
}

inline std::unique_ptr<LatentModel> make_scorer(ScorerKind kind, const WorldModel& model,
                                                const SequenceValueConfig& config,
                                                double discount) {
  if (kind == ScorerKind::kTensor) return std::make_unique<TensorScorer>(model, config, discount);
  const CpuLevel level = kind == ScorerKind::kPackedPlain  ? CpuLevel::kPlain
                         : kind == ScorerKind::kPackedAvx2 ? CpuLevel::kAvx2
                                                           : CpuLevel::kAvx512;
  return std::make_unique<PackedScorer>(model, config, discount,
                                        RolloutThreads{.num_threads = 2, .level = level});
}

}  // namespace foresight

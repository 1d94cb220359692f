// Planning against several opponents at once: every sample is imagined against one of them, and
// the elites are drawn from each group alike, so that no weak opponent's games crowd out the rest.
// Source: the public student hockey project at 5341212, its planner with opponent simulation.
// Axes: B environments, N samples, J opponents, E elites.
#pragma once

#include "base/rng.h"
#include "base/tensor.h"

namespace foresight {

// ids [num_envs, count] int64: 0 .. num_opponents - 1, each count / num_opponents times, the
// remainder to the first ones; in random order.
Tensor assign_opponents(std::int64_t num_envs, std::int64_t count, std::int64_t num_opponents,
                        Rng& rng);

struct StratifiedElites {
  Tensor standardised;  // [B, N], (value - mean) / max(std, 1e-6) within the sample's group
  Tensor index;         // [B, E]: by opponent, the best of each first
  Tensor score;         // [B, E], the elites' standardised values
};

// value [B, N], finite; ids [B, N] as assigned, with two samples a group or more. Of the elites
// each group gives E / J, the first E % J groups one more. The std is the unbiased one.
StratifiedElites stratified_elites(const Tensor& value, const Tensor& ids,
                                   std::int64_t num_opponents, std::int64_t num_elites);

}  // namespace foresight

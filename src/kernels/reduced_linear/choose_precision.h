// Which number format is worth it on this machine: having an instruction does not make it fast.
#pragma once

#include "kernels/reduced_linear/precision.h"
#include "kernels/simd/cpu_level.h"

namespace foresight {

// Multiplies a layer of typical size in fp32 and in every format the machine has instructions for,
// some milliseconds in all; the fastest, but fp32 unless another one takes at most 4/5 of its time.
Precision choose_precision(CpuLevel level = cpu_level());

}  // namespace foresight

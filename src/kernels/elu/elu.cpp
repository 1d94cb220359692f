#include "kernels/elu/elu.h"

#include <algorithm>

#include "kernels/elu/elu_kernel.h"

namespace foresight {
namespace {

constexpr std::int64_t kPieceSize = 1 << 15;

// Calls body(begin, size) for pieces that cover [0, size).
template <typename Body>
void for_pieces(std::int64_t size, ThreadTeam& team, const Body& body) {
  team.run((size + kPieceSize - 1) / kPieceSize, [&](std::int64_t task, int) {
    const std::int64_t begin = task * kPieceSize;
    body(begin, std::min(kPieceSize, size - begin));
  });
}

}  // namespace

const EluKernel& elu_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kAvx512) return kEluAvx512;
  if (level == CpuLevel::kAvx2) return kEluAvx2;
#else
  static_cast<void>(level);
#endif
  return kEluPlain;
}

void elu_forward(float* x, std::int64_t size, CpuLevel level, ThreadTeam& team) {
  const EluKernel& kernel = elu_kernel(level);
  for_pieces(size, team,
             [&](std::int64_t begin, std::int64_t count) { kernel.forward(x + begin, count); });
}

void elu_backward(const float* y, const float* grad_y, float* grad_x, std::int64_t size,
                  CpuLevel level, ThreadTeam& team) {
  const EluKernel& kernel = elu_kernel(level);
  for_pieces(size, team, [&](std::int64_t begin, std::int64_t count) {
    kernel.backward(y + begin, grad_y + begin, grad_x + begin, count);
  });
}

}  // namespace foresight

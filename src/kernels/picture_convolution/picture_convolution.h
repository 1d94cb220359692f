// Convolutions of pictures with stride 2 and no padding, and their transposes, as products with
// patches. Both relate a large picture to a small one: a small pixel (i, j) has the patch of the
// large pixels (2 i + u, 2 j + v), 0 <= u, v < K.
//   small[d] = b[d] + the sum over u, v, c of w[d][u][v][c] patch[u][v][c]     (a convolution)
//   patch[u][v][c] += the sum over d of w[d][u][v][c] small[d], large from b   (its transpose)
// Each is the other's gradient; the weight's gradient is the same product in both. Patches are made
// for a few pictures at a time, which stay in the cache of the core that works on them.
// Axes: N pictures, L and S edges, C and D channels of the large and the small one; channels last.
#pragma once

#include <cstdint>

#include "kernels/packed_linear/aligned_floats.h"
#include "kernels/simd/cpu_level.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {

struct PictureConvolution {
  std::int64_t num_images = 0;      // N
  std::int64_t large_edge = 0;      // L
  std::int64_t large_channels = 0;  // C
  std::int64_t small_channels = 0;  // D
  std::int64_t kernel = 0;          // K
  bool has_elu = false;             // of what small_from_large or large_from_small gives
  CpuLevel level = cpu_level();

  std::int64_t small_edge() const { return (large_edge - kernel) / 2 + 1; }  // S
  std::int64_t patch_size() const { return kernel * kernel * large_channels; }
  std::int64_t large_size() const { return large_edge * large_edge * large_channels; }
  std::int64_t small_pixels() const { return small_edge() * small_edge(); }
};

// Kept by the caller from call to call: it grows to what the largest call needs. One caller at a
// time.
struct PictureWorkspace {
  AlignedFloats weight_panels;
  AlignedFloats starts;
  AlignedFloats patches;      // of each thread
  AlignedFloats row_panels;   // of each thread
  AlignedFloats edge_tiles;   // of each thread
  AlignedFloats weight_sums;  // of each part of the pictures
};

// large [N, L, L, C], weight [D, K, K, C], bias [D] (null: zeros) -> small [N, S, S, D].
void small_from_large(const PictureConvolution& op, const float* large, const float* weight,
                      const float* bias, float* small, PictureWorkspace& workspace,
                      ThreadTeam& team);
// small [N, S, S, D], weight, bias [C] (null: zeros) -> large [N, L, L, C].
void large_from_small(const PictureConvolution& op, const float* small, const float* weight,
                      const float* bias, float* large, PictureWorkspace& workspace,
                      ThreadTeam& team);
// The sum over small pixels of small times patch: -> grad_weight [D, K, K, C]. The same bits for
// any number of threads, like the other two.
void patch_products(const PictureConvolution& op, const float* small, const float* large,
                    float* grad_weight, PictureWorkspace& workspace, ThreadTeam& team);

}  // namespace foresight

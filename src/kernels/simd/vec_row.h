// Walks along a row of any length in pieces of one Vec. Internal linkage, see vec.h.
#pragma once

#include <cstdint>

#include "kernels/simd/vec.h"

namespace foresight {
namespace {

constexpr int kWidth = Vec::kWidth;

// Calls body(i, n) for the pieces [i, i + n) of a row; whole vectors first, so that the compiler
// sees the usual case apart from the tail.
template <typename Body>
inline __attribute__((always_inline)) void for_vectors(std::int64_t size, Body body) {
  std::int64_t i = 0;
  for (; i + kWidth <= size; i += kWidth) body(i, kWidth);
  if (i < size) body(i, static_cast<int>(size - i));
}

inline __attribute__((always_inline)) Vec load_n(const float* p, int n) {
  return n == kWidth ? Vec::load(p) : Vec::load_part(p, n);
}

inline __attribute__((always_inline)) void store_n(float* p, int n, Vec v) {
  if (n == kWidth) {
    v.store(p);
  } else {
    v.store_part(p, n);
  }
}

}  // namespace
}  // namespace foresight

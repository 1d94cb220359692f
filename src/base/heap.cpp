#include "base/heap.h"

#include <malloc.h>

namespace foresight {
namespace {

constexpr int kMostKeptBytes = (1u << 31) - 1;

}  // namespace

void keep_freed_memory() {
  ::mallopt(M_MMAP_MAX, 0);  // blocks with a mapping of their own go back as soon as they are free
  ::mallopt(M_TRIM_THRESHOLD, kMostKeptBytes);
}

}  // namespace foresight

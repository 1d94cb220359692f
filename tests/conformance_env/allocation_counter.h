// Counts what a stretch of code takes from the heap. Replaces the program's operators new and
// delete and the physics engine's, so exactly one file of a test program includes this.
#pragma once

#include <Box2D/Common/b2Settings.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace foresight {

inline std::atomic<std::int64_t> num_allocations{0};

class AllocationCounter {
 public:
  std::int64_t count() const { return num_allocations - start_; }

 private:
  std::int64_t start_ = num_allocations;
};

}  // namespace foresight

// These come before those of libforesight.so.
void* b2Alloc(int32 size) {
  ++foresight::num_allocations;
  return std::malloc(static_cast<std::size_t>(size));
}
void b2Free(void* memory) { std::free(memory); }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++foresight::num_allocations;
  return std::malloc(size);
}

void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

// Counts what a stretch of code takes from the heap. Replaces the program's operators new and
// delete, so exactly one file of a test program includes this.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace foresight {

inline std::atomic<std::int64_t> num_allocations{0};

// operator new anywhere, and bytes that malloc gave out and did not get back.
class AllocationCounter {
 public:
  std::int64_t allocations() const { return num_allocations - start_allocations_; }
  std::int64_t bytes_kept() const { return bytes_in_use() - start_bytes_; }

 private:
  static std::int64_t bytes_in_use() {
    const auto info = mallinfo2();
    return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
  }

  std::int64_t start_allocations_ = num_allocations;
  std::int64_t start_bytes_ = bytes_in_use();
};

}  // namespace foresight

void* operator new(std::size_t size) {
  ++foresight::num_allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#include "nn/recycled_memory.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::size_t kAlignment = 64;  // as LibTorch's own

// Before the numbers of every block. Its own cache line, so that they stay aligned.
struct alignas(kAlignment) Header {
  RecycledMemory::Blocks* owner = nullptr;  // null: the system's
  std::size_t capacity = 0;                 // bytes behind the header
};
static_assert(sizeof(Header) == kAlignment);

Header* header_of(void* data) { return static_cast<Header*>(data) - 1; }

Header* request(std::size_t capacity, RecycledMemory::Blocks* owner) {
  return new (c10::alloc_cpu(sizeof(Header) + capacity)) Header{owner, capacity};
}

// Eight sizes an octave: at most an eighth is wasted, and tensors of nearly equal size share
// blocks.
std::size_t capacity_for(std::size_t size) {
  const std::size_t octave = std::bit_floor(std::max(size, kAlignment));
  const std::size_t step = std::max(octave / 8, kAlignment);
  return (size + step - 1) / step * step;
}

thread_local RecycledMemory* current = nullptr;

}  // namespace

// The idle blocks by capacity. Counts its users: the RecycledMemory and every block in a tensor.
class RecycledMemory::Blocks {
 public:
  explicit Blocks(std::int64_t max_idle_bytes) : max_idle_bytes_(max_idle_bytes) {}

  void* take(std::size_t size) {
    const std::size_t capacity = capacity_for(size);
    {
      const std::lock_guard lock(mutex_);
      ++num_users_;
      ++statistics_.num_taken;
      Shelf& shelf = shelves_[capacity];
      if (!shelf.idle.empty()) {
        Header* block = shelf.idle.back();
        shelf.idle.pop_back();
        shelf.least_idle = std::min(shelf.least_idle, shelf.idle.size());
        statistics_.idle_bytes -= static_cast<std::int64_t>(capacity);
        return block + 1;
      }
      ++statistics_.num_system_requests;
    }
    return request(capacity, this) + 1;
  }

  void put_back(Header* block) {
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      const auto bytes = static_cast<std::int64_t>(block->capacity);
      if (!is_closed_ && statistics_.idle_bytes + bytes <= max_idle_bytes_) {
        shelves_[block->capacity].idle.push_back(block);
        statistics_.idle_bytes += bytes;
        block = nullptr;
      }
      is_last = --num_users_ == 0;
    }
    if (block != nullptr) c10::free_cpu(block);
    if (is_last) delete this;
  }

  void scope_begins() {
    const std::lock_guard lock(mutex_);
    for (auto& [capacity, shelf] : shelves_) shelf.least_idle = shelf.idle.size();
  }

  void scope_ends() {
    const std::lock_guard lock(mutex_);
    for (auto& [capacity, shelf] : shelves_) give_back(capacity, shelf, shelf.least_idle);
  }

  // Gives everything back; tensors that are still alive do so when they end.
  void close() {
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      for (auto& [capacity, shelf] : shelves_) give_back(capacity, shelf, shelf.idle.size());
      is_closed_ = true;
      is_last = --num_users_ == 0;
    }
    if (is_last) delete this;
  }

  Statistics statistics() const {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  struct Shelf {
    std::vector<Header*> idle;
    std::size_t least_idle = 0;  // in the present scope
  };

  void give_back(std::size_t capacity, Shelf& shelf, std::size_t count) {
    for (; count > 0; --count) {
      c10::free_cpu(shelf.idle.back());
      shelf.idle.pop_back();
      statistics_.idle_bytes -= static_cast<std::int64_t>(capacity);
    }
  }

  mutable std::mutex mutex_;
  std::int64_t max_idle_bytes_;
  std::map<std::size_t, Shelf> shelves_;
  Statistics statistics_;
  std::int64_t num_users_ = 1;
  bool is_closed_ = false;
};

// LibTorch's allocator on the CPU, from the first RecycledMemory on.
class RecyclingAllocator final : public c10::Allocator {
 public:
  static void install() {
    // Never destroyed: tensors of static objects end after everything else.
    [[maybe_unused]] static RecyclingAllocator* const installed = [] {
      auto* allocator = new RecyclingAllocator;
      c10::SetCPUAllocator(allocator);
      return allocator;
    }();
  }

  c10::DataPtr allocate(std::size_t size) override {
    void* data = nullptr;
    if (size > 0) {
      data = current != nullptr ? current->blocks_->take(size) : request(size, nullptr) + 1;
    }
    return {data, data, &free, at::Device(at::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &free; }

  void copy_data(void* to, const void* from, std::size_t size) const override {
    default_copy_data(to, from, size);
  }

 private:
  static void free(void* data) {
    if (data == nullptr) return;
    Header* block = header_of(data);
    if (block->owner != nullptr) {
      block->owner->put_back(block);
    } else {
      c10::free_cpu(block);
    }
  }
};

RecycledMemory::RecycledMemory(std::int64_t max_idle_bytes) : blocks_(new Blocks(max_idle_bytes)) {
  RecyclingAllocator::install();
}

RecycledMemory::~RecycledMemory() { blocks_->close(); }

RecycledMemory::Statistics RecycledMemory::statistics() const { return blocks_->statistics(); }

RecycledMemory::Scope::Scope(RecycledMemory& memory) : memory_(memory), outer_(current) {
  memory.blocks_->scope_begins();
  current = &memory;
}

RecycledMemory::Scope::~Scope() {
  FS_CHECK(current == &memory_, "scopes of recycled memory end in the reverse order");
  current = outer_;
  memory_.blocks_->scope_ends();
}

}  // namespace foresight

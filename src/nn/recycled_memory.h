// Memory of tensors that goes round. An update makes the same few thousand tensors each time, and
// memory that is given back to the system and asked for again costs a fault for every page.
// Here freed blocks are kept for the next update; what one update never needed is given back.
#pragma once

#include <cstdint>

namespace foresight {

class RecycledMemory {
 public:
  // Blocks beyond so many idle bytes are given back as they are freed.
  static constexpr std::int64_t kMaxIdleBytes = std::int64_t{4} << 30;

  explicit RecycledMemory(std::int64_t max_idle_bytes = kMaxIdleBytes);
  ~RecycledMemory();  // tensors that took their memory here may live on
  RecycledMemory(const RecycledMemory&) = delete;
  RecycledMemory& operator=(const RecycledMemory&) = delete;

  // While it lives, CPU tensors made by this thread (a backward pass among them) take their memory
  // from here; the scopes of a thread end in the reverse order of their beginning. At its end, what
  // lay idle all the time is given back to the system.
  class Scope {
   public:
    explicit Scope(RecycledMemory& memory);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    RecycledMemory& memory_;
    RecycledMemory* outer_;
  };

  struct Statistics {
    std::int64_t num_taken = 0;            // blocks handed out
    std::int64_t num_system_requests = 0;  // of these, asked of the system
    std::int64_t idle_bytes = 0;           // kept at present
  };
  Statistics statistics() const;

  class Blocks;  // shared with the tensors that outlive this

 private:
  friend class RecyclingAllocator;
  Blocks* blocks_;
};

}  // namespace foresight

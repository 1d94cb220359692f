// Several processes that train one agent together: each has a rank, 0 to size - 1. Plain numbers
// cross between them; who carries them (shared memory, MPI) is behind this interface. All calls but
// rank() and size() are collective: every rank makes the same ones in the same order. Error: a rank
// has died, hangs or failed; then none of them may go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace foresight {

class Ranks {
 public:
  virtual ~Ranks() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  // How many of them share this machine's cores, this one included.
  virtual int num_here() const { return size(); }

  // The bytes of every rank behind each other: all.size() == size() * own.size(), alike everywhere.
  virtual void gather(std::span<const std::byte> own, std::span<std::byte> all) = 0;
  // Each value becomes its sum over the ranks, added up in their order: all get the same bits.
  virtual void sum(std::span<float> values) = 0;
  // The same where the values lie in a GPU's memory. False: not possible, and nothing happened.
  virtual bool sum_on_gpu([[maybe_unused]] float* values, [[maybe_unused]] std::int64_t count) {
    return false;
  }
};

// One process that trains alone.
class SingleRank : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void gather(std::span<const std::byte> own, std::span<std::byte> all) override;
  void sum(std::span<float>) override {}
};

// What each rank says, in their order.
template <typename Value>
std::vector<Value> gather_values(Ranks& ranks, const Value& own) {
  static_assert(std::is_trivially_copyable_v<Value>);
  std::vector<Value> all(static_cast<std::size_t>(ranks.size()));
  ranks.gather(std::as_bytes(std::span(&own, 1)), std::as_writable_bytes(std::span(all)));
  return all;
}
std::vector<std::string> gather_texts(Ranks& ranks, const std::string& own);

// Returns when all ranks have called it.
void wait_for_all(Ranks& ranks);

}  // namespace foresight

// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A stream is named by (seed, role, index), so every environment, agent and
// worker has its own, and its whole state is three words that a checkpoint can hold.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace foresight {

struct RngState {
  std::uint64_t key = 0;      // from the seed
  std::uint64_t stream = 0;   // from role and index
  std::uint64_t counter = 0;  // numbers of 32 bits drawn so far
  bool operator==(const RngState&) const = default;
};

class Rng {
 public:
  Rng(std::uint64_t seed, std::string_view role, std::uint64_t index = 0);
  explicit Rng(const RngState& state);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  double uniform();                                // [0, 1), 53 bits
  double uniform(double low, double high);         // [low, high)
  std::uint64_t below(std::uint64_t bound);        // {0, ..., bound - 1}; bound > 0
  void fill_normal(std::span<float> values);       // N(0, 1)
  void fill_uniform(std::span<float> values);      // (0, 1]: never 0, so its logarithm is finite
  void fill_exponential(std::span<float> values);  // Exponential(1), > 0 except after rounding
  // As if so many numbers of 32 bits (an entry of fill_uniform() is one) had been drawn.
  void skip(std::uint64_t count) { state_.counter += count; }

  const RngState& state() const { return state_; }
  void set_state(const RngState& state);

 private:
  void refill();

  RngState state_;
  std::array<std::uint32_t, 4> block_{};
  std::uint64_t block_index_ = ~std::uint64_t{0};  // which block `block_` holds
};

}  // namespace foresight

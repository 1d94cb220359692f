// numpy's random numbers, bit for bit: seed 42 here is seed 42 there.
// Sources: numpy SeedSequence and PCG64 (M. O'Neill, "PCG", 2014; XSL-RR 128/64), which gymnasium
// seeds an environment with, and the legacy MT19937 stream behind np.random.seed.
#pragma once

#include <cstdint>
#include <random>

namespace foresight {

// Where a game takes its random layout from; tests feed recorded numbers.
class UniformSource {
 public:
  virtual ~UniformSource() = default;
  virtual double uniform(double low, double high) = 0;  // [low, high)
};

// np.random.Generator(np.random.PCG64(seed)).
class NumpyGenerator final : public UniformSource {
 public:
  explicit NumpyGenerator(std::uint64_t seed);

  double next_double();  // [0, 1), 53 bits
  double uniform(double low, double high) override { return low + (high - low) * next_double(); }

 private:
  using Word128 = unsigned __int128;
  std::uint64_t next_u64();

  Word128 state_ = 0;
  Word128 increment_ = 0;
};

// The global generator after np.random.seed(seed).
class NumpyLegacyRandom final : public UniformSource {
 public:
  explicit NumpyLegacyRandom(std::uint32_t seed) : engine_(seed) {}

  double next_double();  // [0, 1), 53 bits
  double uniform(double low, double high) override { return low + (high - low) * next_double(); }

 private:
  std::mt19937 engine_;
};

}  // namespace foresight

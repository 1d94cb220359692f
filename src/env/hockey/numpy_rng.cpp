#include "env/hockey/numpy_rng.h"

#include <array>
#include <bit>

namespace foresight {
namespace {

constexpr double kUnit53 = 1.0 / 9007199254740992.0;  // 2^-53

// numpy.random.SeedSequence with a pool of four words, as a plain function of the entropy.
class SeedSequence {
 public:
  explicit SeedSequence(std::uint64_t seed) {
    const std::array<std::uint32_t, 4> words{static_cast<std::uint32_t>(seed),
                                             static_cast<std::uint32_t>(seed >> 32), 0, 0};
    for (std::size_t i = 0; i < pool_.size(); ++i) pool_[i] = hash(words[i]);
    for (std::size_t source = 0; source < pool_.size(); ++source) {
      for (std::size_t target = 0; target < pool_.size(); ++target) {
        if (source != target) pool_[target] = mix(pool_[target], hash(pool_[source]));
      }
    }
  }

  // generate_state(4, uint64).
  std::array<std::uint64_t, 4> generate() const {
    std::array<std::uint32_t, 8> words;
    std::uint32_t factor = 0x8b51f9dd;
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::uint32_t word = pool_[i % pool_.size()] ^ factor;
      factor *= 0x58f38ded;
      word *= factor;
      words[i] = word ^ (word >> 16);
    }
    std::array<std::uint64_t, 4> result;
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = words[2 * i] | (std::uint64_t{words[2 * i + 1]} << 32);
    }
    return result;
  }

 private:
  std::uint32_t hash(std::uint32_t word) {
    word ^= factor_;
    factor_ *= 0x931e8875;
    word *= factor_;
    return word ^ (word >> 16);
  }

  static std::uint32_t mix(std::uint32_t x, std::uint32_t y) {
    const std::uint32_t word = 0xca01f9dd * x - 0x4973f715 * y;
    return word ^ (word >> 16);
  }

  std::uint32_t factor_ = 0x43b0d7e5;
  std::array<std::uint32_t, 4> pool_{};
};

}  // namespace

NumpyGenerator::NumpyGenerator(std::uint64_t seed) {
  const auto words = SeedSequence(seed).generate();
  increment_ = (((Word128{words[2]} << 64) | words[3]) << 1) | 1;
  next_u64();
  state_ += (Word128{words[0]} << 64) | words[1];
  next_u64();
}

std::uint64_t NumpyGenerator::next_u64() {
  constexpr Word128 kMultiplier = (Word128{0x2360ED051FC65DA4} << 64) | 0x4385DF649FCCF645;
  state_ = state_ * kMultiplier + increment_;
  const auto folded = static_cast<std::uint64_t>(state_ >> 64) ^ static_cast<std::uint64_t>(state_);
  return std::rotr(folded, static_cast<int>(state_ >> 122));
}

double NumpyGenerator::next_double() { return static_cast<double>(next_u64() >> 11) * kUnit53; }

double NumpyLegacyRandom::next_double() {
  const std::uint64_t high = engine_() >> 5;  // 27 bits
  const std::uint64_t low = engine_() >> 6;   // 26 bits
  return static_cast<double>((high << 26) | low) * kUnit53;
}

}  // namespace foresight

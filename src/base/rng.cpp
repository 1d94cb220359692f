#include "base/rng.h"

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53u;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57u;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9u;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85u;

std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t stream, std::uint64_t block) {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  std::array<std::uint32_t, 4> c{
      static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
      static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{kMultiplier0} * c[0];
    const std::uint64_t p1 = std::uint64_t{kMultiplier1} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0)};
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return c;
}

// SplitMix64's finaliser: spreads a word over all 64 bits.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

// FNV-1a over the role's letters.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325ull;
  for (const char letter : text) {
    h = (h ^ static_cast<unsigned char>(letter)) * 0x100000001B3ull;
  }
  return h;
}

}  // namespace

Rng::Rng(std::uint64_t seed, std::string_view role, std::uint64_t index)
    : state_{.key = mix(seed), .stream = mix(hash(role) ^ mix(index)), .counter = 0} {}

Rng::Rng(const RngState& state) : state_(state) {}

void Rng::set_state(const RngState& state) {
  state_ = state;
  block_index_ = ~std::uint64_t{0};
}

void Rng::refill() {
  const std::uint64_t index = state_.counter / 4;
  if (index != block_index_) {
    block_ = philox(state_.key, state_.stream, index);
    block_index_ = index;
  }
}

std::uint32_t Rng::next_u32() {
  refill();
  return block_[state_.counter++ % 4];
}

std::uint64_t Rng::next_u64() {
  const std::uint64_t low = next_u32();
  return low | (std::uint64_t{next_u32()} << 32);
}

double Rng::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

double Rng::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t Rng::below(std::uint64_t bound) {
  FS_CHECK(bound > 0, "an empty range has no number to draw");
  // Lemire's multiply-shift; the bias is under bound / 2^64.
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next_u64()) * bound) >> 64);
}

void Rng::fill_uniform(std::span<float> values) {
  const auto unit = [](std::uint32_t word) {
    return static_cast<float>((word >> 8) + 1) * 0x1.0p-24f;
  };
  std::size_t i = 0;
  while (i < values.size() && state_.counter % 4 != 0) values[i++] = unit(next_u32());
  for (; i + 4 <= values.size(); i += 4, state_.counter += 4) {
    const auto block = philox(state_.key, state_.stream, state_.counter / 4);
    for (std::size_t j = 0; j < 4; ++j) values[i + j] = unit(block[j]);
  }
  while (i < values.size()) values[i++] = unit(next_u32());
}

void Rng::fill_normal(std::span<float> values) {
  // Box-Muller, two numbers from two words.
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const float u = static_cast<float>((next_u32() >> 8) + 1) * 0x1.0p-24f;
    const float v = static_cast<float>(next_u32() >> 8) * 0x1.0p-24f;
    const float radius = std::sqrt(-2.0f * std::log(u));
    const float angle = 2.0f * std::numbers::pi_v<float> * v;
    values[i] = radius * std::cos(angle);
    if (i + 1 < values.size()) values[i + 1] = radius * std::sin(angle);
  }
}

void Rng::fill_exponential(std::span<float> values) {
  fill_uniform(values);
  for (float& value : values) value = -std::log(value);
}

}  // namespace foresight

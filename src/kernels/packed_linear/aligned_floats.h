// Memory for floats that starts at a cache line and never shrinks.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace foresight {

class AlignedFloats {
 public:
  static constexpr std::int64_t kLine = 16;  // floats in a cache line

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::int64_t size() const { return size_; }

  // At least `size` floats; contents are lost where it has to grow.
  void reserve(std::int64_t size) {
    if (size <= size_) return;
    const std::int64_t rounded = (size + kLine - 1) / kLine * kLine;
    const auto bytes = static_cast<std::size_t>(rounded) * sizeof(float);
    data_.reset(static_cast<float*>(std::aligned_alloc(kLine * sizeof(float), bytes)));
    if (data_ == nullptr) throw std::bad_alloc();
    size_ = rounded;
  }

 private:
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::unique_ptr<float, Free> data_;
  std::int64_t size_ = 0;
};

// Floats from one row of `width` to the next: whole cache lines, an odd number of them, so that the
// rows of a tile spread over all sets of the cache.
constexpr std::int64_t spread_stride(std::int64_t width) {
  const std::int64_t lines = (width + AlignedFloats::kLine - 1) / AlignedFloats::kLine;
  return (lines | 1) * AlignedFloats::kLine;
}

}  // namespace foresight

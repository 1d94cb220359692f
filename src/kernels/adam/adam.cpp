#include "kernels/adam/adam.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "kernels/adam/adam_kernel.h"

namespace foresight {
namespace {

// Pieces of fixed size, whatever the number of threads: sums keep their order.
constexpr std::int64_t kPieceSize = 1 << 15;

struct Piece {
  std::size_t segment;
  std::int64_t begin;
  std::int64_t size;
};

std::int64_t pieces_of(std::int64_t size) { return (size + kPieceSize - 1) / kPieceSize; }

template <typename Segment>
std::int64_t count_pieces(std::span<const Segment> segments) {
  std::int64_t count = 0;
  for (const Segment& segment : segments) count += pieces_of(segment.size);
  return count;
}

template <typename Segment>
Piece piece_at(std::span<const Segment> segments, std::int64_t index) {
  std::size_t s = 0;
  for (; index >= pieces_of(segments[s].size); ++s) index -= pieces_of(segments[s].size);
  const std::int64_t begin = index * kPieceSize;
  return {s, begin, std::min(kPieceSize, segments[s].size - begin)};
}

}  // namespace

const AdamKernel& adam_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kAvx512) return kAdamAvx512;
  if (level == CpuLevel::kAvx2) return kAdamAvx2;
#else
  static_cast<void>(level);
#endif
  return kAdamPlain;
}

double sum_of_squares(std::span<const AdamSegment> segments, CpuLevel level, ThreadTeam& team) {
  const AdamKernel& kernel = adam_kernel(level);
  const std::int64_t num_pieces = count_pieces(segments);
  double total = 0.0;
  std::array<double, 64> sums;  // of some pieces at a time: no memory is taken
  for (std::int64_t first = 0; first < num_pieces; first += std::ssize(sums)) {
    const std::int64_t count = std::min(std::ssize(sums), num_pieces - first);
    team.run(count, [&](std::int64_t task, int) {
      const Piece piece = piece_at(segments, first + task);
      sums[static_cast<std::size_t>(task)] =
          kernel.sum_of_squares(segments[piece.segment].gradient + piece.begin, piece.size);
    });
    for (std::int64_t i = 0; i < count; ++i) total += sums[static_cast<std::size_t>(i)];
  }
  return total;
}

float clip_factor(double norm, double max_norm) {
  return static_cast<float>(std::min(1.0, max_norm / (norm + 1e-6)));
}

void adam_step(std::span<const AdamSegment> segments, const AdamOptions& options,
               ThreadTeam& team) {
  FS_CHECK(options.step >= 1, "Adam's steps count from 1, got {}", options.step);
  const AdamKernel& kernel = adam_kernel(options.level);
  const auto step = static_cast<double>(options.step);
  const double first_correction = 1.0 - std::pow(options.beta1, step);
  const double second_correction = 1.0 - std::pow(options.beta2, step);
  team.run(count_pieces(segments), [&](std::int64_t task, int) {
    const Piece piece = piece_at(segments, task);
    const AdamSegment& segment = segments[piece.segment];
    kernel.update({.size = piece.size,
                   .parameter = segment.parameter + piece.begin,
                   .gradient = segment.gradient + piece.begin,
                   .first_moment = segment.first_moment + piece.begin,
                   .second_moment = segment.second_moment + piece.begin,
                   .gradient_scale = options.gradient_scale,
                   .first_weight = static_cast<float>(1.0 - options.beta1),
                   .second_decay = static_cast<float>(options.beta2),
                   .second_weight = static_cast<float>(1.0 - options.beta2),
                   .root_scale = static_cast<float>(std::sqrt(second_correction)),
                   .epsilon = static_cast<float>(options.epsilon),
                   .step_size = static_cast<float>(segment.learning_rate / first_correction)});
  });
}

void lerp_towards(std::span<const LerpSegment> segments, float rate, CpuLevel level,
                  ThreadTeam& team) {
  const AdamKernel& kernel = adam_kernel(level);
  team.run(count_pieces(segments), [&](std::int64_t task, int) {
    const Piece piece = piece_at(segments, task);
    const LerpSegment& segment = segments[piece.segment];
    kernel.lerp(segment.target + piece.begin, segment.source + piece.begin, piece.size, rate);
  });
}

}  // namespace foresight

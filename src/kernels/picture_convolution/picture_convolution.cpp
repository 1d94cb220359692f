#include "kernels/picture_convolution/picture_convolution.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "kernels/elu/elu_kernel.h"
#include "kernels/linear_training/batched_product.h"

namespace foresight {
namespace {

// Rows of a product: enough that its kernel is busy, few enough that patches stay in the cache.
constexpr std::int64_t kGroupRows = 192;
// The weight's gradient is summed in so many parts, whatever the number of threads: sums keep
// their order.
constexpr std::int64_t kNumParts = 8;

std::int64_t round_up(std::int64_t size, std::int64_t step) {
  return (size + step - 1) / step * step;
}

// Pictures that are worked on at a time.
struct Groups {
  explicit Groups(const PictureConvolution& op)
      : num_images(op.num_images),
        size((kGroupRows + op.small_pixels() - 1) / op.small_pixels()),
        count((num_images + size - 1) / size) {}
  std::int64_t first(std::int64_t group) const { return group * size; }
  std::int64_t images(std::int64_t group) const {
    return std::min(size, num_images - first(group));
  }

  std::int64_t num_images;
  std::int64_t size;
  std::int64_t count;
};

void check(const PictureConvolution& op) {
  FS_CHECK(op.num_images >= 0 && op.large_channels > 0 && op.small_channels > 0 && op.kernel > 0 &&
               op.large_edge >= op.kernel,
           "{} pictures of {} pixels and {} channels, a kernel of {}, {} channels", op.num_images,
           op.large_edge, op.large_channels, op.kernel, op.small_channels);
}

// Calls body(run, row, u): the K C numbers at `run` are line u of the patch of small pixel `row`.
template <typename Picture, typename Body>
void for_patch_lines(const PictureConvolution& op, Picture* large, std::int64_t num_images,
                     Body body) {
  const std::int64_t edge = op.small_edge();
  const std::int64_t line = op.large_edge * op.large_channels;
  std::int64_t row = 0;
  for (std::int64_t n = 0; n < num_images; ++n) {
    Picture* picture = large + n * op.large_size();
    for (std::int64_t i = 0; i < edge; ++i) {
      for (std::int64_t j = 0; j < edge; ++j, ++row) {
        Picture* corner = picture + 2 * i * line + 2 * j * op.large_channels;
        for (std::int64_t u = 0; u < op.kernel; ++u) body(corner + u * line, row, u);
      }
    }
  }
}

void gather_rows(const PictureConvolution& op, const float* large, std::int64_t num_images,
                 float* patches, std::int64_t stride) {
  const std::int64_t run = op.kernel * op.large_channels;
  for_patch_lines(op, large, num_images, [=](const float* from, std::int64_t row, std::int64_t u) {
    std::memcpy(patches + row * stride + u * run, from, static_cast<std::size_t>(run) * 4);
  });
}

void scatter_rows(const PictureConvolution& op, const float* patches, std::int64_t num_images,
                  float* large) {
  const std::int64_t run = op.kernel * op.large_channels;
  const std::int64_t stride = op.patch_size();
  for_patch_lines(op, large, num_images, [=](float* to, std::int64_t row, std::int64_t u) {
    const float* from = patches + row * stride + u * run;
    for (std::int64_t c = 0; c < run; ++c) to[c] += from[c];
  });
}

// Patches as panels of `width` columns: [panel][row][width]. The padding is left alone.
void gather_panels(const PictureConvolution& op, const float* large, std::int64_t num_images,
                   std::int64_t width, float* panels) {
  const std::int64_t run = op.kernel * op.large_channels;
  const std::int64_t panel_stride = num_images * op.small_pixels() * width;
  for_patch_lines(op, large, num_images, [=](const float* from, std::int64_t row, std::int64_t u) {
    std::int64_t column = u * run;
    for (std::int64_t left = run; left > 0;) {
      const std::int64_t within = column % width;
      const std::int64_t count = std::min(left, width - within);
      std::memcpy(panels + column / width * panel_stride + row * width + within, from,
                  static_cast<std::size_t>(count) * 4);
      from += count;
      column += count;
      left -= count;
    }
  });
}

void multiply(const BatchedProduct& product, float* edge_tile) {
  const ProductTasks tasks(product, /*num_threads=*/1);
  for (std::int64_t task = 0; task < tasks.size(); ++task) tasks.run(task, edge_tile);
}

// bias, or zeros, up to a whole panel.
void pad_start(const float* bias, std::int64_t size, std::int64_t padded, AlignedFloats& starts) {
  starts.reserve(padded);
  std::fill_n(starts.data(), padded, 0.0f);
  if (bias != nullptr) std::copy_n(bias, size, starts.data());
}

void fill_pixels(const float* bias, std::int64_t channels, std::int64_t num_pixels, float* to) {
  if (bias == nullptr) {
    std::fill_n(to, num_pixels * channels, 0.0f);
    return;
  }
  for (std::int64_t i = 0; i < num_pixels; ++i) std::copy_n(bias, channels, to + i * channels);
}

}  // namespace

void small_from_large(const PictureConvolution& op, const float* large, const float* weight,
                      const float* bias, float* small, PictureWorkspace& workspace,
                      ThreadTeam& team) {
  check(op);
  const LinearKernel& kernel = linear_kernel(op.level);
  const std::int64_t width = kernel.panel_width;
  const std::int64_t depth = op.patch_size();
  const std::int64_t channels = op.small_channels;
  const std::int64_t padded = round_up(channels, width);
  workspace.weight_panels.reserve(padded * depth);
  team.run(padded / width, [&](std::int64_t panel, int) {
    const std::int64_t first = panel * width;
    kernel.pack_panel(weight + first * depth, depth, std::min(width, channels - first),
                      workspace.weight_panels.data() + first * depth);
  });
  pad_start(bias, channels, padded, workspace.starts);

  const Groups groups(op);
  const std::int64_t stride = spread_stride(depth);
  const std::int64_t patch_floats = groups.size * op.small_pixels() * stride;
  const std::int64_t tile_floats = ProductTasks::edge_tile_floats(kernel);
  workspace.patches.reserve(patch_floats * team.size());
  workspace.edge_tiles.reserve(tile_floats * team.size());
  team.run(groups.count, [&](std::int64_t group, int thread) {
    const std::int64_t first = groups.first(group);
    const std::int64_t rows = groups.images(group) * op.small_pixels();
    float* patches = workspace.patches.data() + thread * patch_floats;
    float* to = small + first * op.small_pixels() * channels;
    gather_rows(op, large + first * op.large_size(), groups.images(group), patches, stride);
    multiply({.kernel = &kernel,
              .num_rows = rows,
              .num_inputs = depth,
              .num_columns = channels,
              .a = patches,
              .a_stride = stride,
              .panels = workspace.weight_panels.data(),
              .start = workspace.starts.data(),
              .c = to},
             workspace.edge_tiles.data() + thread * tile_floats);
    if (op.has_elu) elu_kernel(op.level).forward(to, rows * channels);
  });
}

void large_from_small(const PictureConvolution& op, const float* small, const float* weight,
                      const float* bias, float* large, PictureWorkspace& workspace,
                      ThreadTeam& team) {
  check(op);
  const LinearKernel& kernel = linear_kernel(op.level);
  const std::int64_t width = kernel.panel_width;
  const std::int64_t depth = op.patch_size();
  const std::int64_t channels = op.small_channels;
  const std::int64_t padded = round_up(depth, width);
  workspace.weight_panels.reserve(padded * channels);
  team.run(padded / width, [&](std::int64_t panel, int) {
    const std::int64_t first = panel * width;
    kernel.pack_columns(weight + first, depth, channels, depth - first,
                        workspace.weight_panels.data() + first * channels);
  });
  pad_start(nullptr, 0, padded, workspace.starts);

  const Groups groups(op);
  const std::int64_t patch_floats = round_up(groups.size * op.small_pixels() * depth, width);
  const std::int64_t tile_floats = ProductTasks::edge_tile_floats(kernel);
  workspace.patches.reserve(patch_floats * team.size());
  workspace.edge_tiles.reserve(tile_floats * team.size());
  team.run(groups.count, [&](std::int64_t group, int thread) {
    const std::int64_t first = groups.first(group);
    const std::int64_t images = groups.images(group);
    float* patches = workspace.patches.data() + thread * patch_floats;
    float* to = large + first * op.large_size();
    multiply({.kernel = &kernel,
              .num_rows = images * op.small_pixels(),
              .num_inputs = channels,
              .num_columns = depth,
              .a = small + first * op.small_pixels() * channels,
              .a_stride = channels,
              .panels = workspace.weight_panels.data(),
              .start = workspace.starts.data(),
              .c = patches},
             workspace.edge_tiles.data() + thread * tile_floats);
    fill_pixels(bias, op.large_channels, images * op.large_edge * op.large_edge, to);
    scatter_rows(op, patches, images, to);
    if (op.has_elu) elu_kernel(op.level).forward(to, images * op.large_size());
  });
}

void patch_products(const PictureConvolution& op, const float* small, const float* large,
                    float* grad_weight, PictureWorkspace& workspace, ThreadTeam& team) {
  check(op);
  const LinearKernel& kernel = linear_kernel(op.level);
  const std::int64_t width = kernel.panel_width;
  const std::int64_t height = kernel.row_panel_width;
  const std::int64_t depth = op.patch_size();
  const std::int64_t channels = op.small_channels;
  const std::int64_t padded = round_up(depth, width);
  const Groups groups(op);
  const std::int64_t rows_at_most = groups.size * op.small_pixels();
  const std::int64_t row_panel_floats = rows_at_most * round_up(channels, height);
  workspace.patches.reserve(rows_at_most * padded * team.size());
  workspace.row_panels.reserve(row_panel_floats * team.size());
  workspace.weight_sums.reserve(kNumParts * channels * padded);
  team.run(kNumParts, [&](std::int64_t part, int thread) {
    float* patches = workspace.patches.data() + thread * rows_at_most * padded;
    float* row_panels = workspace.row_panels.data() + thread * row_panel_floats;
    float* sums = workspace.weight_sums.data() + part * channels * padded;
    std::fill_n(sums, channels * padded, 0.0f);
    for (std::int64_t group = part; group < groups.count; group += kNumParts) {
      const std::int64_t first = groups.first(group);
      const std::int64_t rows = groups.images(group) * op.small_pixels();
      if (padded > depth) {
        std::fill_n(patches + (padded / width - 1) * rows * width, rows * width, 0.0f);
      }
      gather_panels(op, large + first * op.large_size(), groups.images(group), width, patches);
      const float* from = small + first * op.small_pixels() * channels;
      for (std::int64_t c = 0; c < channels; c += height) {
        kernel.pack_row_panel(from + c, channels, rows, channels - c, row_panels + c * rows,
                              nullptr);
      }
      kernel.run_row_panels({.panels = patches,
                             .panel_stride = rows * width,
                             .num_panels = padded / width,
                             .num_inputs = rows,
                             .x = row_panels,
                             .x_stride = rows * height,
                             .num_rows = channels,
                             .start = nullptr,
                             .y = sums,
                             .y_stride = padded});
    }
  });
  team.run(channels, [&](std::int64_t channel, int) {
    float* to = grad_weight + channel * depth;
    const float* from = workspace.weight_sums.data() + channel * padded;
    std::copy_n(from, depth, to);
    for (std::int64_t part = 1; part < kNumParts; ++part) {
      const float* more = from + part * channels * padded;
      for (std::int64_t i = 0; i < depth; ++i) to[i] += more[i];
    }
  });
}

}  // namespace foresight

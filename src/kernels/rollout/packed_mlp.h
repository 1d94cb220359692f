// A packed copy of an MLP that runs on a tile of rows.
// Axes: R rows.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/normed_activation/normed_activation_kernel.h"
#include "kernels/packed_linear/packed_linear.h"
#include "kernels/reduced_linear/reduced_linear.h"
#include "kernels/rollout/rollout_networks.h"

namespace foresight {

// One panel of one layer: a piece of the work of packing.
struct PackTask {
  PackedLinear* linear = nullptr;    // this one
  ReducedLinear* reduced = nullptr;  // or this one
  std::int64_t panel = 0;
  const float* weight = nullptr;
  std::int64_t row_stride = 0;  // of the weight, where `reduced`
  const float* bias = nullptr;

  void run() const;
};

struct PackFormat {
  std::int64_t simnorm_dim = 8;
  CpuLevel level = cpu_level();
  // Of layers with a LayerNorm behind them; heads and encoders stay in fp32, and so do the actions
  // among the inputs: few numbers that mean much.
  Precision precision = Precision::kFp32;
  std::int64_t num_actions = 0;  // the last inputs of the first layer
};

// Two scratch arrays of a tile, used in turn by the layers. [rows, stride] each.
struct TileScratch {
  float* buffers[2] = {nullptr, nullptr};
  std::int64_t stride = 0;
  CodeRows codes;
};

// Where a tile's input lies. With `start`, the sums of the first layer already hold the share of
// all but the last `num_inputs` inputs, and x holds those last ones.
struct TileInput {
  const float* x = nullptr;  // [R, .], rows x_stride floats apart
  std::int64_t x_stride = 0;
  std::int64_t num_rows = 0;
  const float* start = nullptr;  // [first_layer_width()]
  std::int64_t num_inputs = 0;   // read with start only
};

// Where the last layer's activations go.
struct TileOutput {
  float* y = nullptr;
  std::int64_t y_stride = 0;
};

class PackedMlp {
 public:
  // Makes room and notes what has to be packed: run every task before forward().
  void reserve(const MlpView& layers, const PackFormat& format, std::vector<PackTask>& tasks);

  bool empty() const { return layers_.empty(); }
  std::int64_t num_inputs() const { return layers_.front().num_inputs; }
  std::int64_t num_outputs() const { return layers_.back().num_outputs; }
  std::int64_t first_layer_width() const { return layers_.front().width(); }
  std::int64_t num_hidden() const { return layers_.front().num_outputs; }
  // A mask multiplies after the LayerNorm of a hidden first layer.
  bool takes_dropout() const { return layers_.size() > 1 && !layers_[0].norm_weight.empty(); }
  std::int64_t max_width() const;
  std::int64_t memory_bytes() const;

  // What `start` of TileInput wants: the share of the first inputs of the first layer.
  // z [R, num_inputs], contiguous -> start [R, first_layer_width()]. `codes` has room for R rows.
  void share_of_first_inputs(const float* z, std::int64_t num_inputs, std::int64_t num_rows,
                             const CodeRows& codes, float* start) const;

  // Returns the last layer's activations: [R, scratch.stride], in one of the scratch buffers. The
  // mask [R, first layer's outputs] (null: none) multiplies before the first activation.
  float* forward(const TileInput& input, const TileScratch& scratch,
                 const float* dropout_mask = nullptr) const;
  // The same, into `output`, [R, num_outputs()].
  void forward_into(const TileInput& input, const TileScratch& scratch,
                    const TileOutput& output) const;

 private:
  // Reduced: `reduced` multiplies all inputs but the actions, `linear` goes on with those.
  struct Layer {
    std::int64_t num_inputs = 0;
    std::int64_t num_outputs = 0;
    bool is_reduced = false;
    PackedLinear linear;
    ReducedLinear reduced;
    std::int64_t num_actions = 0;      // 0 unless reduced
    std::vector<float> action_weight;  // [num_outputs, num_actions]
    std::vector<float> norm_weight;    // empty: no LayerNorm
    std::vector<float> norm_bias;
    Activation activation = Activation::kNone;

    std::int64_t width() const;  // of what it writes: whole panels
    void reserve(const LayerView& view, const PackFormat& format, std::vector<PackTask>& tasks);
    void multiply(const PackedLinear::Rows& rows, const CodeRows& codes) const;
  };

  float* sums(std::size_t index, const TileInput& input, const TileScratch& scratch,
              const float* previous) const;
  NormTile activation_tile(const Layer& layer, std::int64_t num_rows) const;
  float* run_to_last_sums(const TileInput& input, const TileScratch& scratch,
                          const float* dropout_mask) const;

  std::vector<Layer> layers_;
  std::int64_t simnorm_dim_ = 8;
  const NormedActivationKernel* activation_kernel_ = nullptr;
};

}  // namespace foresight

// The encoder of TD-MPC2 for pictures: four convolutions, then SimNorm, and the random shift that
// every picture goes through first, in training and in acting alike.
// Reference: nicklashansen/tdmpc2@e9f5932, common/layers.py, conv, ShiftAug, PixelPreprocess.
// Axes: any leading axes ..., C channels (of stacked frames), S = 64 pixels on a side, Z latent.
#pragma once

#include <string>
#include <vector>

#include "nn/parameters.h"

namespace foresight {

inline constexpr std::int64_t kImageSize = 64;  // what the convolutions reduce to 4 x 4
inline constexpr std::int64_t kImagePad = 3;    // pixels that a shift may reach in each direction

// Moves each picture: shifts [..., 2] int64 hold x (columns), then y (rows), each 0 to 2 kImagePad,
// kImagePad for none; what comes in from outside repeats the border. images [..., C, S, S] of any
// type -> the same. The reference interpolates at whole pixels, which differs by 4e-4 of 255.
Tensor shift_images(const Tensor& images, const Tensor& shifts);

class PixelEncoder {
 public:
  PixelEncoder() = default;
  // Declares `<name>.conv.{0,1,2,3}.{weight,bias}`.
  PixelEncoder(ParameterSet& parameters, const std::string& name, std::int64_t in_channels,
               std::int64_t channels, std::int64_t simnorm_dim);

  // images [..., C, S, S], numbers from 0 to 255 of any type -> [..., Z], Z = 16 channels.
  Tensor forward(const ParameterSet& parameters, const Tensor& images) const;

  std::int64_t num_parameters() const;
  std::vector<std::string> describe() const;

 private:
  struct Layer {
    std::size_t weight, bias;
    std::int64_t in_channels, out_channels, kernel, stride;
  };

  std::int64_t simnorm_dim_ = 8;
  std::vector<Layer> layers_;
};

}  // namespace foresight

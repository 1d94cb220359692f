// Tensors in and out of safetensors files.
#pragma once

#include <string>

#include "base/tensor.h"
#include "io/safetensors.h"
#include "nn/adam.h"

namespace foresight {

// Adds a float, double, int64, int32 or uint8 tensor of any device.
void add_tensor(SafetensorsWriter& writer, const std::string& name, const Tensor& tensor);

// A tensor of the file on the CPU, in the file's own type (half types become float32).
Tensor read_tensor(const SafetensorsFile& file, const std::string& name);

// Fills `target` in place. Error: missing, or another shape (tensor, expected, found).
void read_tensor_into(const SafetensorsFile& file, const std::string& name, const Tensor& target);

// Both moments and the number of steps, as `name`.first_moment and so on.
void add_adam(SafetensorsWriter& writer, const std::string& name, const Adam& optimiser);
void read_adam(const SafetensorsFile& file, const std::string& name, Adam& optimiser);

}  // namespace foresight

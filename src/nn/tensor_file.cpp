#include "nn/tensor_file.h"

#include <fmt/ranges.h>

#include "base/error.h"
#include "nn/torch.h"

namespace foresight {
namespace {

DType dtype_of(const Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kFloat32:
      return DType::kF32;
    case torch::kFloat64:
      return DType::kF64;
    case torch::kInt64:
      return DType::kI64;
    case torch::kInt32:
      return DType::kI32;
    case torch::kFloat16:
      return DType::kF16;
    case torch::kBFloat16:
      return DType::kBf16;
    case torch::kUInt8:
      return DType::kU8;
    default:
      break;
  }
  FS_CHECK(false, "tensors of type {} are not written", c10::toString(tensor.scalar_type()));
  return DType::kF32;
}

}  // namespace

void add_tensor(SafetensorsWriter& writer, const std::string& name, const Tensor& tensor) {
  const Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
  writer.add(name, dtype_of(plain), plain.sizes().vec(),
             {static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()});
}

Tensor read_tensor(const SafetensorsFile& file, const std::string& name) {
  const TensorView& view = file.at(name);
  switch (view.dtype) {
    case DType::kI64:
    case DType::kI32:
    case DType::kU8:
    case DType::kBool: {
      const auto values = to_integers(view);
      return torch::tensor(values, torch::kLong).view(view.shape);
    }
    default:
      break;
  }
  const auto values = to_floats(view);
  return torch::tensor(values, torch::kFloat32).view(view.shape);
}

void read_tensor_into(const SafetensorsFile& file, const std::string& name, const Tensor& target) {
  const torch::NoGradGuard no_grad;
  const TensorView& view = file.at(name);
  if (view.shape != target.sizes().vec()) {
    fail("{}: tensor \"{}\" has the shape [{}], expected [{}]", file.file_name(), name,
         fmt::join(view.shape, ", "), fmt::join(target.sizes().vec(), ", "));
  }
  target.copy_(read_tensor(file, name));
}

void add_adam(SafetensorsWriter& writer, const std::string& name, const Adam& optimiser) {
  add_tensor(writer, name + ".first_moment", optimiser.first_moment());
  add_tensor(writer, name + ".second_moment", optimiser.second_moment());
  add_tensor(writer, name + ".num_steps", torch::tensor(optimiser.num_steps(), torch::kLong));
}

void read_adam(const SafetensorsFile& file, const std::string& name, Adam& optimiser) {
  const Tensor first = torch::empty_like(optimiser.first_moment());
  const Tensor second = torch::empty_like(first);
  read_tensor_into(file, name + ".first_moment", first);
  read_tensor_into(file, name + ".second_moment", second);
  optimiser.restore(first, second,
                    to_integers(file.at(name + ".num_steps", DType::kI64, {})).front());
}

}  // namespace foresight

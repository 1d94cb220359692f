// What the names of torch in a pickle stand for: storages of a type, and tensors that view them.
#pragma once

#include <optional>
#include <string_view>

#include "io/pickle.h"

namespace foresight {

// "torch.FloatStorage" -> kF32; nothing for what is not read.
std::optional<DType> storage_dtype(std::string_view global);
// kF32 -> "FloatStorage".
std::string_view storage_name(DType dtype);

// The arguments of torch._utils._rebuild_tensor_v2: storage, offset, shape, stride, requires_grad,
// hooks. Error: others, a view that leaves its storage, or one that shows a number twice.
PickledTensor rebuild_tensor(const PickleValue::List& arguments);

// The numbers lie in row-major order, one behind the other.
bool is_contiguous(const PickledTensor& tensor);

// The numbers of such a view in row-major order; `storage` are all bytes of its storage.
std::vector<std::byte> contiguous_bytes(const PickledTensor& tensor,
                                        std::span<const std::byte> storage);

}  // namespace foresight

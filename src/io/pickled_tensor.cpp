#include "io/pickled_tensor.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::size_t kMostAxes = 16;

struct StorageType {
  std::string_view name;
  DType dtype;
};
constexpr StorageType kStorageTypes[] = {
    {"FloatStorage", DType::kF32},     {"DoubleStorage", DType::kF64}, {"HalfStorage", DType::kF16},
    {"BFloat16Storage", DType::kBf16}, {"LongStorage", DType::kI64},   {"IntStorage", DType::kI32},
    {"ByteStorage", DType::kU8},       {"BoolStorage", DType::kBool}};

// A shape or a stride.
std::vector<std::int64_t> numbers_of(const PickleValue& value, std::string_view what) {
  const auto* list = value.as<PickleValue::List>();
  if (list == nullptr || list->size() > kMostAxes) {
    fail("a tensor's {} is {} instead of up to {} numbers", what, value.kind(), kMostAxes);
  }
  std::vector<std::int64_t> numbers;
  for (const PickleValue* entry : *list) {
    const auto* number = entry->as<std::int64_t>();
    if (number == nullptr || *number < 0) fail("a tensor's {} holds {}", what, entry->kind());
    numbers.push_back(*number);
  }
  return numbers;
}

constexpr std::int64_t kMostNumbers = std::int64_t{1} << 40;

// Numbers of a tensor of this shape; more than kMostNumbers if it, or its sizes other than 0, would
// be more than that.
std::int64_t count_of(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size > kMostNumbers / count) return kMostNumbers + 1;
    count *= std::max<std::int64_t>(size, 1);
  }
  return std::ranges::find(shape, 0) == shape.end() ? count : 0;
}

void check_extent(const PickledTensor& tensor) {
  const std::int64_t available = tensor.storage.num_elements;
  const auto refuse = [&](std::string_view problem) {
    fail("a tensor [{}] with strides [{}] from {} on {} its storage of {} numbers",
         fmt::join(tensor.shape, ", "), fmt::join(tensor.stride, ", "), tensor.offset, problem,
         available);
  };
  const std::int64_t count = count_of(tensor.shape);
  if (count == 0) return;
  if (count > available) refuse("is larger than");
  std::int64_t last = tensor.offset;
  if (last >= available) refuse("leaves");
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const std::int64_t steps = tensor.shape[i] - 1;
    if (steps == 0) continue;
    if (tensor.stride[i] == 0) refuse("repeats numbers of");
    if (tensor.stride[i] > (available - 1 - last) / steps) refuse("leaves");
    last += steps * tensor.stride[i];
  }
}

}  // namespace

bool is_contiguous(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.stride[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

std::optional<DType> storage_dtype(std::string_view global) {
  constexpr std::string_view kModule = "torch.";
  if (!global.starts_with(kModule)) return std::nullopt;
  global.remove_prefix(kModule.size());
  const auto* found = std::ranges::find(kStorageTypes, global, &StorageType::name);
  return found == std::end(kStorageTypes) ? std::nullopt : std::optional(found->dtype);
}

std::string_view storage_name(DType dtype) {
  return std::ranges::find(kStorageTypes, dtype, &StorageType::dtype)->name;
}

PickledTensor rebuild_tensor(const PickleValue::List& arguments) {
  if (arguments.size() < 6 || arguments.size() > 7) {
    fail("a tensor of {} arguments, expected 6 or 7", arguments.size());
  }
  const auto* storage = arguments[0]->as<PickledStorage>();
  const auto* offset = arguments[1]->as<std::int64_t>();
  if (storage == nullptr) fail("a tensor of {}, expected a storage", arguments[0]->kind());
  if (offset == nullptr || *offset < 0) fail("a tensor's offset is {}", arguments[1]->kind());
  PickledTensor tensor{*storage, *offset, numbers_of(*arguments[2], "shape"),
                       numbers_of(*arguments[3], "stride")};
  if (tensor.stride.size() != tensor.shape.size()) {
    fail("a tensor of {} axes with {} strides", tensor.shape.size(), tensor.stride.size());
  }
  check_extent(tensor);
  return tensor;
}

std::vector<std::byte> contiguous_bytes(const PickledTensor& tensor,
                                        std::span<const std::byte> storage) {
  const std::size_t width = dtype_size(tensor.storage.dtype);
  FS_CHECK(storage.size() == static_cast<std::size_t>(tensor.storage.num_elements) * width,
           "a storage of {} bytes for {} numbers", storage.size(), tensor.storage.num_elements);
  const auto count = static_cast<std::size_t>(count_of(tensor.shape));
  std::vector<std::byte> bytes(count * width);
  if (count == 0) return bytes;
  const std::byte* begin = storage.data() + static_cast<std::size_t>(tensor.offset) * width;
  if (is_contiguous(tensor)) {
    std::memcpy(bytes.data(), begin, bytes.size());
    return bytes;
  }
  std::vector<std::int64_t> index(tensor.shape.size(), 0);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(bytes.data() + i * width, begin + static_cast<std::size_t>(at) * width, width);
    // The next index, last axis first.
    for (std::size_t axis = index.size(); axis-- > 0;) {
      at += tensor.stride[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      at -= tensor.stride[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
  }
  return bytes;
}

}  // namespace foresight

// Any bytes are a valid pickle of tensors and plain numbers or an Error; each of its tensors lies
// inside of its storage.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "io/pickle.h"
#include "io/pickled_tensor.h"

namespace {

// Storages up to here are made and read; the others were at least measured.
constexpr std::int64_t kMostElements = 1 << 12;

void read(const foresight::PickleValue& value, int depth, int& num_left) {
  using foresight::PickledTensor;
  using foresight::PickleValue;
  if (depth > 8 || --num_left < 0) return;
  if (const auto* tensor = value.as<PickledTensor>()) {
    const std::int64_t count = tensor->storage.num_elements;
    if (count > kMostElements) return;
    const std::vector<std::byte> storage(static_cast<std::size_t>(count) *
                                         dtype_size(tensor->storage.dtype));
    contiguous_bytes(*tensor, storage);
  } else if (const auto* list = value.as<PickleValue::List>()) {
    for (const PickleValue* entry : *list) read(*entry, depth + 1, num_left);
  } else if (const auto* dict = value.as<PickleValue::Dict>()) {
    for (const auto& [key, entry] : *dict) read(*entry, depth + 1, num_left);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  try {
    const Pickle pickle = Pickle::parse(std::as_bytes(std::span(data, size)), "fuzz");
    int num_left = 1000;
    read(pickle.root(), 0, num_left);
  } catch (const Error&) {  // the one allowed way to fail
  }
  return 0;
}

#include "io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <new>
#include <system_error>

#include "base/error.h"
#include "base/input_file.h"
#include "base/registry.h"
#include "io/float16.h"
#include "io/safetensors_header.h"

namespace foresight {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // as in the reference
constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kLengthBytes = 8;

std::uint64_t header_length(const std::byte* bytes, std::uint64_t file_size,
                            const std::string& name) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes, kLengthBytes);
  if (length > kMaxHeaderBytes || length > file_size - kLengthBytes) {
    fail("{}: not a safetensors file: its header would take {} bytes of {}", name, length,
         file_size);
  }
  return length;
}

[[noreturn]] void fail_short(const std::string& name, std::uint64_t file_size) {
  fail("{}: not a safetensors file: expected at least 8 bytes, found {}", name, file_size);
}

// Numbers stored as Source, turned into Target one by one; the bytes may be unaligned.
template <typename Source, typename Target, typename Convert>
std::vector<Target> converted(const TensorView& tensor, Convert convert) {
  std::vector<Target> values(tensor.bytes.size() / sizeof(Source));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Source stored;
    std::memcpy(&stored, tensor.bytes.data() + i * sizeof(Source), sizeof(Source));
    values[i] = convert(stored);
  }
  return values;
}

}  // namespace

std::string_view dtype_name(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return "F64";
    case DType::kI64:
      return "I64";
    case DType::kF32:
      return "F32";
    case DType::kI32:
      return "I32";
    case DType::kF16:
      return "F16";
    case DType::kBf16:
      return "BF16";
    case DType::kU8:
      return "U8";
    case DType::kBool:
      return "BOOL";
  }
  contract_violation(__FILE__, __LINE__, "dtype", "no such dtype");
}

std::size_t dtype_size(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64:
      return 8;
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kF16:
    case DType::kBf16:
      return 2;
    case DType::kU8:
    case DType::kBool:
      return 1;
  }
  contract_violation(__FILE__, __LINE__, "dtype", "no such dtype");
}

std::int64_t TensorView::num_elements() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

void SafetensorsFile::FreeBytes::operator()(std::byte* bytes) const {
  ::operator delete[](bytes, kAlignment);
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  const std::string name = display_path(path);
  std::ifstream stream = open_input_file(path);
  stream.seekg(0, std::ios::end);
  const auto file_size = static_cast<std::uint64_t>(stream.tellg());
  stream.seekg(0);
  if (!stream || file_size < kLengthBytes) fail_short(name, file_size);

  std::byte length_bytes[kLengthBytes];
  stream.read(reinterpret_cast<char*>(length_bytes), kLengthBytes);
  std::string header(header_length(length_bytes, file_size, name), '\0');
  stream.read(header.data(), static_cast<std::streamsize>(header.size()));

  const std::uint64_t num_data_bytes = file_size - kLengthBytes - header.size();
  SafetensorsFile file;
  file.file_name_ = name;
  file.read_header(header, num_data_bytes);
  stream.read(reinterpret_cast<char*>(file.data_.get()),
              static_cast<std::streamsize>(num_data_bytes));
  if (!stream) fail("{}: cannot read all of its {} bytes", name, file_size);
  return file;
}

SafetensorsFile SafetensorsFile::parse(std::span<const std::byte> bytes, std::string name) {
  if (bytes.size() < kLengthBytes) fail_short(name, bytes.size());
  const std::uint64_t length = header_length(bytes.data(), bytes.size(), name);
  const auto header = bytes.subspan(kLengthBytes, length);
  const auto data = bytes.subspan(kLengthBytes + length);

  SafetensorsFile file;
  file.file_name_ = std::move(name);
  file.read_header({reinterpret_cast<const char*>(header.data()), header.size()}, data.size());
  std::copy(data.begin(), data.end(), file.data_.get());
  return file;
}

void SafetensorsFile::read_header(std::string_view text, std::size_t num_data_bytes) {
  SafetensorsHeader header = parse_safetensors_header(text, num_data_bytes, file_name_);
  metadata_ = std::move(header.metadata);
  data_.reset(new (kAlignment) std::byte[num_data_bytes]);
  for (TensorEntry& entry : header.entries) {
    TensorView view{
        entry.dtype, std::move(entry.shape), {data_.get() + entry.begin, data_.get() + entry.end}};
    tensors_.emplace(std::move(entry.name), std::move(view));
  }
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  return names;
}

const TensorView& SafetensorsFile::at(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    fail("{}: no tensor \"{}\" among its {}{}", file_name_, name, tensors_.size(),
         did_you_mean(name, names()));
  }
  return found->second;
}

const TensorView& SafetensorsFile::at(std::string_view name, DType dtype,
                                      const std::vector<std::int64_t>& shape) const {
  const TensorView& tensor = at(name);
  if (tensor.dtype != dtype || tensor.shape != shape) {
    fail("{}: tensor \"{}\": expected {} [{}], found {} [{}]", file_name_, name, dtype_name(dtype),
         fmt::join(shape, ", "), dtype_name(tensor.dtype), fmt::join(tensor.shape, ", "));
  }
  return tensor;
}

std::vector<float> to_floats(const TensorView& tensor) {
  switch (tensor.dtype) {
    case DType::kF64:
      return converted<double, float>(tensor, [](double x) { return static_cast<float>(x); });
    case DType::kF32:
      return converted<float, float>(tensor, [](float x) { return x; });
    case DType::kF16:
      return converted<std::uint16_t, float>(tensor, f16_to_f32);
    case DType::kBf16:
      return converted<std::uint16_t, float>(tensor, bf16_to_f32);
    default:
      fail("expected a floating dtype, found {}", dtype_name(tensor.dtype));
  }
}

std::vector<std::int64_t> to_integers(const TensorView& tensor) {
  const auto widen = [](auto x) { return static_cast<std::int64_t>(x); };
  switch (tensor.dtype) {
    case DType::kI64:
      return converted<std::int64_t, std::int64_t>(tensor, widen);
    case DType::kI32:
      return converted<std::int32_t, std::int64_t>(tensor, widen);
    case DType::kU8:
    case DType::kBool:
      return converted<std::uint8_t, std::int64_t>(tensor, widen);
    default:
      fail("expected an integer dtype, found {}", dtype_name(tensor.dtype));
  }
}

}  // namespace foresight

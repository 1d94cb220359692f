// Named tensors in a file: 8 bytes with the length of a JSON header, the header, the numbers. Read
// without trusting a byte of it, written with the same bytes for the same tensors.
// Source: huggingface/safetensors, README "Format", and safetensors/src/tensor.rs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

enum class DType : std::uint8_t { kF64, kI64, kF32, kI32, kF16, kBf16, kU8, kBool };

std::string_view dtype_name(DType dtype);  // "F32"
std::size_t dtype_size(DType dtype);       // bytes of one number

// Row-major numbers, little-endian. The bytes belong to the file and may be unaligned.
struct TensorView {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;

  std::int64_t num_elements() const;  // 1 for a scalar, whose shape is empty
};

class SafetensorsFile {
 public:
  // Error: the file, the tensor, what was expected and what was found.
  static SafetensorsFile open(const std::filesystem::path& path);
  // The same for bytes in memory; `name` stands for the file in messages.
  static SafetensorsFile parse(std::span<const std::byte> bytes, std::string name);

  std::vector<std::string> names() const;  // sorted
  bool contains(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }
  const TensorView& at(std::string_view name) const;  // Error with the nearest name
  // Error unless the tensor is of that dtype and shape.
  const TensorView& at(std::string_view name, DType dtype,
                       const std::vector<std::int64_t>& shape) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& file_name() const { return file_name_; }

 private:
  struct FreeBytes {
    void operator()(std::byte* bytes) const;
  };
  SafetensorsFile() = default;
  // Leaves data_ to be filled.
  void read_header(std::string_view header, std::size_t num_data_bytes);

  std::string file_name_;
  std::unique_ptr<std::byte[], FreeBytes> data_;  // aligned to 64 bytes
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Numbers of any floating dtype as floats (F64 is rounded), of any integer dtype as integers.
// Error for the other kind.
std::vector<float> to_floats(const TensorView& tensor);
std::vector<std::int64_t> to_integers(const TensorView& tensor);

class SafetensorsWriter {
 public:
  SafetensorsWriter() = default;
  SafetensorsWriter(SafetensorsWriter&&) = default;  // a copy's views would point into the original
  SafetensorsWriter& operator=(SafetensorsWriter&&) = default;

  // Copies the bytes. ContractViolation: a name given twice, bytes that do not fit the shape.
  void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
           std::span<const std::byte> bytes);
  void add(const std::string& name, std::vector<std::int64_t> shape, std::span<const float> values);
  void add(const std::string& name, std::vector<std::int64_t> shape,
           std::span<const std::int64_t> values);
  // For large tensors: `bytes` must live until write().
  void add_view(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
                std::span<const std::byte> bytes);
  void set_metadata(const std::string& key, const std::string& value);

  // Appears whole or not at all. The order of add() and set_metadata() does not matter.
  void write(const std::filesystem::path& path) const;

 private:
  std::string header() const;
  std::vector<std::string> names_in_order() const;

  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::vector<std::byte>> copies_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace foresight

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/error.h"
#include "io/atomic_file.h"
#include "io/safetensors.h"

namespace foresight {

void SafetensorsWriter::add_view(const std::string& name, DType dtype,
                                 std::vector<std::int64_t> shape,
                                 std::span<const std::byte> bytes) {
  TensorView view{dtype, std::move(shape), bytes};
  const bool is_sized = std::all_of(view.shape.begin(), view.shape.end(),
                                    [](std::int64_t size) { return size >= 0; });
  FS_CHECK(is_sized, "tensor \"{}\" has a negative size", name);
  const auto expected = static_cast<std::size_t>(view.num_elements()) * dtype_size(dtype);
  FS_CHECK(expected == bytes.size(), "tensor \"{}\": {} [{}] takes {} bytes, got {}", name,
           dtype_name(dtype), fmt::join(view.shape, ", "), expected, bytes.size());
  FS_CHECK(name != "__metadata__", "the name is the format's own");
  const bool is_new = tensors_.emplace(name, std::move(view)).second;
  FS_CHECK(is_new, "tensor \"{}\" is added twice", name);
}

void SafetensorsWriter::add(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
                            std::span<const std::byte> bytes) {
  add_view(name, dtype, std::move(shape), bytes);
  const auto& copy = copies_[name] = std::vector(bytes.begin(), bytes.end());
  tensors_.at(name).bytes = copy;
}

void SafetensorsWriter::add(const std::string& name, std::vector<std::int64_t> shape,
                            std::span<const float> values) {
  add(name, DType::kF32, std::move(shape), std::as_bytes(values));
}

void SafetensorsWriter::add(const std::string& name, std::vector<std::int64_t> shape,
                            std::span<const std::int64_t> values) {
  add(name, DType::kI64, std::move(shape), std::as_bytes(values));
}

void SafetensorsWriter::set_metadata(const std::string& key, const std::string& value) {
  metadata_[key] = value;
}

// Widest numbers first, as in the reference: then every tensor is aligned to its own numbers.
std::vector<std::string> SafetensorsWriter::names_in_order() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return dtype_size(tensors_.at(a).dtype) > dtype_size(tensors_.at(b).dtype);
  });
  return names;
}

std::string SafetensorsWriter::header() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata_.empty()) json["__metadata__"] = metadata_;
  std::size_t begin = 0;
  for (const std::string& name : names_in_order()) {
    const TensorView& tensor = tensors_.at(name);
    const std::size_t end = begin + tensor.bytes.size();
    json[name] = {{"dtype", dtype_name(tensor.dtype)},
                  {"shape", tensor.shape},
                  {"data_offsets", {begin, end}}};
    begin = end;
  }
  try {
    std::string text = json.dump();
    text.append((8 - text.size() % 8) % 8, ' ');  // the numbers begin at a multiple of 8
    return text;
  } catch (const nlohmann::json::type_error& error) {
    fail("a tensor's name or a metadata text is not UTF-8: {}", error.what());
  }
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
  const std::string text = header();
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(text);
  for (const std::string& name : names_in_order()) file.write(tensors_.at(name).bytes);
  file.commit();
}

}  // namespace foresight

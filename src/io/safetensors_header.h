// The JSON header of a safetensors file, parsed without building a document, so that a hostile one
// costs no more memory than its entries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"

namespace foresight {

struct TensorEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape = {};
  std::uint64_t begin = 0;  // offsets into the bytes behind the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

// Error (with `file_name` and the tensor) unless the entries cover `num_data_bytes` without gap or
// overlap and each one's bytes fit its dtype and shape.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t num_data_bytes,
                                           const std::string& file_name);

}  // namespace foresight

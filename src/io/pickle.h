// The values of a pickle stream, as torch.save writes one: numbers, texts, lists, dictionaries and
// tensors. Reading executes nothing: there is no way to name a function that would be called, since
// the handful of names that such files hold are known here by what they mean, and every other name
// or opcode is an error. Source: Python 3.13, Lib/pickletools.py; torch 2.15, torch/_utils.py,
// _rebuild_tensor_v2, and torch/serialization.py, persistent_id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "io/safetensors.h"

namespace foresight {

// The numbers of one or more tensors: the entry data/<key> beside the pickle.
struct PickledStorage {
  DType dtype = DType::kF32;
  std::string key;
  std::int64_t num_elements = 0;
};

// A view of a storage; offset and strides count numbers. The reader has checked that the view lies
// inside the storage and shows no number twice.
struct PickledTensor {
  PickledStorage storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> stride;
};

struct PickleValue {
  struct None {};
  // What a stream calls by name: a class or a function.
  struct Global {
    std::string name;  // "torch._utils._rebuild_tensor_v2"
  };
  struct Mark {};  // only while reading
  // Values may be shared, and even hold themselves: whoever walks through them bounds the depth.
  using List = std::vector<const PickleValue*>;                                 // a tuple, too
  using Dict = std::vector<std::pair<const PickleValue*, const PickleValue*>>;  // in their order

  std::variant<None, bool, std::int64_t, double, std::string, List, Dict, PickledStorage,
               PickledTensor, Global, Mark>
      data;

  template <typename Data>
  const Data* as() const {
    return std::get_if<Data>(&data);
  }
  // The entry of a dictionary with this text as its key, the last one if there are several; null
  // if there is none, or this is no dictionary.
  const PickleValue* find(std::string_view key) const;
  // "a dictionary", "a text": for messages.
  std::string_view kind() const;
};

class Pickle {
 public:
  // Error: `name`, the byte, and what there is unknown or wrong. Takes at most some hundred bytes
  // for each byte of the stream, which may have 4 MiB.
  static Pickle parse(std::span<const std::byte> stream, const std::string& name);

  const PickleValue& root() const { return *root_; }

 private:
  Pickle() = default;

  std::deque<PickleValue> values_;  // of the whole stream; their addresses last
  const PickleValue* root_ = nullptr;
};

}  // namespace foresight

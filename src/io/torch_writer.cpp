#include <algorithm>
#include <bit>

#include "base/error.h"
#include "io/pickled_tensor.h"
#include "io/torch_file.h"

// Opcodes of pickle protocol 2, named as in Python's pickletools.
namespace foresight {

TorchWriter::TorchWriter() {
  put_opcode('\x80');  // PROTO
  put(std::uint8_t{2});
}

template <typename Number>
void TorchWriter::put(Number number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    pickle_.push_back(static_cast<std::byte>(bits >> (8 * i)));
  }
}

void TorchWriter::put_opcode(char opcode) { pickle_.push_back(static_cast<std::byte>(opcode)); }

void TorchWriter::put_global(std::string_view module, std::string_view name) {
  put_opcode('c');  // GLOBAL
  for (const std::string_view word : {module, name}) {
    const auto bytes = std::as_bytes(std::span(word));
    pickle_.insert(pickle_.end(), bytes.begin(), bytes.end());
    put_opcode('\n');
  }
}

void TorchWriter::begin_dict(DictKind kind) {
  if (kind == DictKind::kOrdered) {
    put_global("collections", "OrderedDict");
    put_opcode(')');  // EMPTY_TUPLE
    put_opcode('R');  // REDUCE
  } else {
    put_opcode('}');  // EMPTY_DICT
  }
  put_opcode('(');  // MARK
}

void TorchWriter::end_dict() { put_opcode('u'); }  // SETITEMS

void TorchWriter::add_text(std::string_view text) {
  put_opcode('X');  // BINUNICODE
  put(static_cast<std::uint32_t>(text.size()));
  const auto bytes = std::as_bytes(std::span(text));
  pickle_.insert(pickle_.end(), bytes.begin(), bytes.end());
}

void TorchWriter::add_whole(std::int64_t number) {
  if (number >= 0 && number < 256) {
    put_opcode('K');  // BININT1
    put(static_cast<std::uint8_t>(number));
  } else if (number == static_cast<std::int32_t>(number)) {
    put_opcode('J');  // BININT
    put(static_cast<std::int32_t>(number));
  } else {
    put_opcode('\x8a');  // LONG1
    put(std::uint8_t{sizeof(number)});
    put(number);
  }
}

void TorchWriter::add_number(double number) {
  put_opcode('G');  // BINFLOAT, big-endian
  const auto bits = std::bit_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<std::uint8_t>(bits >> shift));
}

void TorchWriter::add_truth(bool truth) { put_opcode(truth ? '\x88' : '\x89'); }  // NEWTRUE, …

void TorchWriter::add_none() { put_opcode('N'); }  // NONE

void TorchWriter::put_tuple(const std::vector<std::int64_t>& numbers) {
  put_opcode('(');  // MARK
  for (const std::int64_t number : numbers) add_whole(number);
  put_opcode('t');  // TUPLE
}

void TorchWriter::add_size(const std::vector<std::int64_t>& sizes) {
  put_global("torch", "Size");
  put_tuple(sizes);
  put_opcode('\x85');  // TUPLE1
  put_opcode('R');     // REDUCE
}

void TorchWriter::add_list(const std::vector<std::int64_t>& numbers) {
  put_opcode(']');  // EMPTY_LIST
  put_opcode('(');  // MARK
  for (const std::int64_t number : numbers) add_whole(number);
  put_opcode('e');  // APPENDS
}

// torch._utils._rebuild_tensor_v2(storage, 0, shape, stride, False, OrderedDict()).
void TorchWriter::add_tensor(const TensorView& tensor) {
  put_global("torch._utils", "_rebuild_tensor_v2");
  put_opcode('(');  // MARK
  put_opcode('(');
  add_text("storage");
  put_global("torch", storage_name(tensor.dtype));
  add_text(std::to_string(storages_.size()));
  add_text("cpu");
  add_whole(tensor.num_elements());
  put_opcode('t');  // TUPLE
  put_opcode('Q');  // BINPERSID
  add_whole(0);
  put_tuple(tensor.shape);
  std::vector<std::int64_t> stride(tensor.shape.size(), 1);
  for (std::size_t axis = stride.size(); axis-- > 1;) {
    stride[axis - 1] = stride[axis] * std::max<std::int64_t>(tensor.shape[axis], 1);
  }
  put_tuple(stride);
  add_truth(false);
  begin_dict(DictKind::kOrdered);
  end_dict();
  put_opcode('t');
  put_opcode('R');  // REDUCE
  storages_.emplace_back(tensor.bytes.begin(), tensor.bytes.end());
}

std::vector<std::byte> TorchWriter::finish(const std::string& root_name) {
  put_opcode('.');  // STOP
  std::vector<std::byte> bytes;
  ZipWriter zip(bytes);
  const auto add = [&](const std::string& entry, std::span<const std::byte> content) {
    zip.add(root_name + "/" + entry, content);
  };
  add("data.pkl", pickle_);
  add("byteorder", std::as_bytes(std::span(std::string_view("little"))));
  for (std::size_t key = 0; key < storages_.size(); ++key) {
    add("data/" + std::to_string(key), storages_[key]);
  }
  add("version", std::as_bytes(std::span(std::string_view("3\n"))));
  zip.finish();
  return bytes;
}

}  // namespace foresight

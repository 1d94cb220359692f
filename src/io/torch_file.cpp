#include "io/torch_file.h"

#include <fstream>

#include "base/error.h"
#include "base/input_file.h"
#include "io/pickled_tensor.h"

namespace foresight {
namespace {

constexpr std::string_view kPickleEntry = "data.pkl";
constexpr std::size_t kMostViews = 4;  // of each byte, on average

// The folder inside of the archive that holds the pickle, with its slash.
std::string root_of(const ZipArchive& archive) {
  std::string found;
  int count = 0;
  for (const auto& [entry, bytes] : archive.entries()) {
    const auto slash = entry.find('/');
    if (slash == std::string::npos || entry.substr(slash + 1) != kPickleEntry) continue;
    found = entry.substr(0, slash + 1);
    ++count;
  }
  if (count != 1) {
    fail("{}: not a file of torch.save: expected one entry <name>/{}, found {}",
         archive.file_name(), kPickleEntry, count);
  }
  return found;
}

void check_byte_order(const ZipArchive& archive, const std::string& root) {
  const auto* entry = archive.find(root + "byteorder");
  if (entry == nullptr) return;  // older than PyTorch 2.1
  const std::string_view order(reinterpret_cast<const char*>(entry->data()), entry->size());
  if (order != "little") {
    fail("{}: its numbers were written by a big-endian machine, which is not read",
         archive.file_name());
  }
}

}  // namespace

TorchFile::TorchFile(ZipArchive archive, Pickle pickle, std::string root_name)
    : archive_(std::move(archive)), pickle_(std::move(pickle)), root_name_(std::move(root_name)) {
  for (const auto& [entry, bytes] : archive_.entries()) num_bytes_ += bytes.size();
}

TorchFile TorchFile::parse(std::span<const std::byte> bytes, std::string name, ZipChecks checks) {
  ZipArchive archive = ZipArchive::parse(bytes, std::move(name), checks);
  std::string root = root_of(archive);
  check_byte_order(archive, root);
  Pickle pickle =
      Pickle::parse(*archive.find(root + std::string(kPickleEntry)), archive.file_name());
  return {std::move(archive), std::move(pickle), std::move(root)};
}

TorchFile TorchFile::open(const std::filesystem::path& path) {
  const std::string name = display_path(path);
  std::ifstream stream = open_input_file(path);
  stream.seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(stream.tellg());
  stream.seekg(0);
  if (!stream) fail("{}: cannot be read: not an ordinary file", name);
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(size);
  stream.read(reinterpret_cast<char*>(bytes.get()), static_cast<std::streamsize>(size));
  if (!stream) fail("{}: cannot read all of its {} bytes", name, size);
  TorchFile file = parse({bytes.get(), size}, name);
  file.owned_ = std::move(bytes);
  return file;
}

TensorView TorchFile::view(const PickledTensor& tensor) {
  const std::string entry = root_name_ + "data/" + tensor.storage.key;
  const auto* bytes = archive_.find(entry);
  const std::size_t width = dtype_size(tensor.storage.dtype);
  if (bytes == nullptr) fail("{}: damaged: there is no entry \"{}\"", file_name(), entry);
  if (bytes->size() % width != 0 ||
      bytes->size() / width != static_cast<std::size_t>(tensor.storage.num_elements)) {
    fail("{}: damaged: entry \"{}\" has {} bytes for {} numbers of {} bytes", file_name(), entry,
         bytes->size(), tensor.storage.num_elements, width);
  }
  TensorView view{tensor.storage.dtype, tensor.shape, {}};
  const auto num_bytes = static_cast<std::size_t>(view.num_elements()) * width;
  if (num_bytes == 0) return view;
  num_viewed_ += num_bytes;
  if (num_viewed_ > kMostViews * num_bytes_) {  // or a small file could fill any memory with copies
    fail("{}: its tensors show the same numbers again and again", file_name());
  }
  if (is_contiguous(tensor)) {
    view.bytes = bytes->subspan(static_cast<std::size_t>(tensor.offset) * width, num_bytes);
    return view;
  }
  view.bytes = copies_.emplace_back(contiguous_bytes(tensor, *bytes));
  return view;
}

}  // namespace foresight

// A file that torch.save wrote (PyTorch 1.6 or newer): a zip archive of stored entries, of which
// <root>/data.pkl is a pickle of the values and <root>/data/<key> the numbers of a storage. Read
// without executing or trusting a byte of it, written so that torch.load(weights_only=True) reads
// it. Source: torch 2.15, torch/serialization.py, _save and _load.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/pickle.h"
#include "io/zip_archive.h"

namespace foresight {

class TorchFile {
 public:
  // Error: the file, and what of it is damaged or not known.
  static TorchFile open(const std::filesystem::path& path);
  // The same for bytes that outlive the result; `name` stands for the file in messages.
  static TorchFile parse(std::span<const std::byte> bytes, std::string name,
                         ZipChecks checks = ZipChecks::kAll);

  const PickleValue& root() const { return pickle_.root(); }
  // The numbers of a tensor in row-major order, valid as long as the file. Error: its storage is
  // missing or has another size, or all that was viewed so far is many times what the file holds.
  TensorView view(const PickledTensor& tensor);
  const std::string& file_name() const { return archive_.file_name(); }

 private:
  TorchFile(ZipArchive archive, Pickle pickle, std::string root_name);

  std::unique_ptr<std::byte[]> owned_;  // of open()
  ZipArchive archive_;
  Pickle pickle_;
  std::string root_name_;
  std::deque<std::vector<std::byte>> copies_;  // of tensors whose numbers lie apart
  std::size_t num_viewed_ = 0;                 // bytes of all views
  std::size_t num_bytes_ = 0;                  // of all entries
};

// Writes values in their order, dictionaries within each other.
class TorchWriter {
 public:
  TorchWriter();

  // A dictionary as the next value; everything up to its end is a key and a value in turn.
  enum class DictKind { kPlain, kOrdered };
  void begin_dict(DictKind kind);
  void end_dict();

  void add_text(std::string_view text);  // keys, too
  void add_whole(std::int64_t number);
  void add_number(double number);
  void add_truth(bool truth);
  void add_none();
  void add_size(const std::vector<std::int64_t>& sizes);  // torch.Size
  void add_list(const std::vector<std::int64_t>& numbers);
  void add_tensor(const TensorView& tensor);  // copies its bytes

  // The file's bytes; `root_name` is the folder inside of it.
  std::vector<std::byte> finish(const std::string& root_name);

 private:
  template <typename Number>
  void put(Number number);
  void put_opcode(char opcode);
  void put_global(std::string_view module, std::string_view name);
  void put_tuple(const std::vector<std::int64_t>& numbers);

  std::vector<std::byte> pickle_;
  std::vector<std::vector<std::byte>> storages_;
};

}  // namespace foresight

// A file that appears whole or not at all: written beside its place under a temporary name, flushed
// to the disk, renamed, and the folder flushed. A crash at any moment leaves the old file or the
// new.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace foresight {

class AtomicFile {
 public:
  // Error (here and below): the path and the reason of the system, and nothing is left behind.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();  // without commit() the file never appears
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail_here(std::string_view action);
  void discard();

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

// A file or a folder. Error: the path and the reason of the system.
void flush_to_disk(const std::filesystem::path& path);

void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace foresight

// The entries of a zip archive that were stored without compression, which is all that torch.save
// writes. Read without trusting a byte of it. Source: PKWARE, APPNOTE 6.3.10, sections 4.3 to 4.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

// Whether the CRC-32 that the archive holds of every entry is compared with its bytes.
enum class ZipChecks { kAll, kStructure };

class ZipArchive {
 public:
  // The bytes must outlive the archive; `name` stands for the file in messages.
  // Error: no zip archive, an entry that is compressed, encrypted, given twice, damaged, or lies
  // elsewhere than in the file.
  static ZipArchive parse(std::span<const std::byte> bytes, std::string name,
                          ZipChecks checks = ZipChecks::kAll);

  const std::map<std::string, std::span<const std::byte>, std::less<>>& entries() const {
    return entries_;
  }
  // Null if there is no such entry.
  const std::span<const std::byte>* find(std::string_view entry) const;
  const std::string& file_name() const { return file_name_; }

 private:
  ZipArchive() = default;

  std::string file_name_;
  std::map<std::string, std::span<const std::byte>, std::less<>> entries_;
};

// Writes stored entries; the bytes of each begin at a multiple of 64, as torch.save lays them out.
class ZipWriter {
 public:
  // Appends to `out`, which must be empty and outlive the writer.
  explicit ZipWriter(std::vector<std::byte>& out) : out_(out) {}

  // Error: the archive grows beyond 4 GiB or 65535 entries, for which it has no room.
  void add(const std::string& name, std::span<const std::byte> bytes);
  // The directory behind the entries; nothing may be added afterwards.
  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc = 0;
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
  };

  std::vector<std::byte>& out_;
  std::vector<Entry> entries_;
};

}  // namespace foresight

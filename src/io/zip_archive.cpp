#include "io/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace foresight {
namespace {

static_assert(std::endian::native == std::endian::little, "the archive's numbers are");

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEndRecord = 0x06054b50;
constexpr std::uint32_t kEndRecord64 = 0x06064b50;
constexpr std::uint32_t kEndLocator64 = 0x07064b50;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCentralBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEndBytes64 = 56;
constexpr std::size_t kLocatorBytes64 = 20;
constexpr std::size_t kLongestComment = 65535;
constexpr std::uint64_t kMostEntries = 1'000'000;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint32_t kInExtra32 = 0xffffffff;  // the true number stands in the zip64 extra field
constexpr std::uint16_t kZip64Extra = 1;

// Little-endian numbers out of bytes whose bounds were checked before.
template <typename Number>
Number number_at(std::span<const std::byte> bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof(Number));
  return number;
}

std::uint32_t crc32_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Where the list of entries lies.
struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t num_entries = 0;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Directory directory() const {
    const std::size_t end = end_record();
    Directory directory{number_at<std::uint32_t>(bytes_, end + 16),
                        number_at<std::uint32_t>(bytes_, end + 12),
                        number_at<std::uint16_t>(bytes_, end + 10)};
    const bool is_large = directory.offset == kInExtra32 || directory.size == kInExtra32 ||
                          directory.num_entries == 0xffff;
    if (is_large) directory = directory64(end);
    part(directory.offset, directory.size, "the list of entries");
    // Each takes its header at least.
    if (directory.num_entries > kMostEntries ||
        directory.num_entries > directory.size / kCentralBytes) {
      fail("{}: damaged zip archive: {} entries in a list of {} bytes", name_,
           directory.num_entries, directory.size);
    }
    return directory;
  }

  struct Entry {
    std::string name;
    std::span<const std::byte> bytes;
    std::uint32_t crc = 0;
  };
  // The entry whose central header begins at `at`, which moves behind it.
  Entry entry(std::span<const std::byte> list, std::size_t& at) const {
    if (list.size() - at < kCentralBytes || number_at<std::uint32_t>(list, at) != kCentralHeader) {
      fail("{}: damaged zip archive: its list of entries breaks off", name_);
    }
    const std::size_t name_size = number_at<std::uint16_t>(list, at + 28);
    const std::size_t extra_size = number_at<std::uint16_t>(list, at + 30);
    const std::size_t comment_size = number_at<std::uint16_t>(list, at + 32);
    if (list.size() - at - kCentralBytes < name_size + extra_size + comment_size) {
      fail("{}: damaged zip archive: its list of entries breaks off", name_);
    }
    Entry entry;
    entry.name.assign(reinterpret_cast<const char*>(list.data()) + at + kCentralBytes, name_size);
    if (number_at<std::uint16_t>(list, at + 8) & kEncrypted) {
      fail("{}: entry \"{}\" is encrypted", name_, entry.name);
    }
    if (const auto method = number_at<std::uint16_t>(list, at + 10); method != 0) {
      fail("{}: entry \"{}\" is compressed (method {}); torch.save stores without compression",
           name_, entry.name, method);
    }
    entry.crc = number_at<std::uint32_t>(list, at + 16);
    Sizes sizes{number_at<std::uint32_t>(list, at + 24), number_at<std::uint32_t>(list, at + 20),
                number_at<std::uint32_t>(list, at + 42)};
    read_zip64(list.subspan(at + kCentralBytes + name_size, extra_size), entry.name, sizes);
    if (sizes.stored != sizes.size) {
      fail("{}: entry \"{}\": {} bytes stored of {}", name_, entry.name, sizes.stored, sizes.size);
    }
    entry.bytes = bytes_of(entry.name, sizes.offset, sizes.size);
    at += kCentralBytes + name_size + extra_size + comment_size;
    return entry;
  }

 private:
  struct Sizes {
    std::uint64_t size, stored, offset;
  };

  std::span<const std::byte> part(std::uint64_t offset, std::uint64_t size,
                                  const std::string& what) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      fail("{}: damaged zip archive: {} would take {} bytes from {} on, of {}", name_, what, size,
           offset, bytes_.size());
    }
    return bytes_.subspan(offset, size);
  }

  // The last end record that leaves just its comment behind it.
  std::size_t end_record() const {
    if (bytes_.size() >= kEndBytes) {
      const std::size_t last = bytes_.size() - kEndBytes;
      const std::size_t first = last - std::min(last, kLongestComment);
      for (std::size_t at = last + 1; at-- > first;) {
        if (number_at<std::uint32_t>(bytes_, at) == kEndRecord &&
            number_at<std::uint16_t>(bytes_, at + 20) == last - at) {
          return at;
        }
      }
    }
    fail(
        "{}: not a zip archive, as torch.save has written since PyTorch 1.6 (no end record in its "
        "{} bytes)",
        name_, bytes_.size());
  }

  Directory directory64(std::size_t end) const {
    if (end < kLocatorBytes64 ||
        number_at<std::uint32_t>(bytes_, end - kLocatorBytes64) != kEndLocator64) {
      fail("{}: damaged zip archive: it is too large for its end record and has no larger one",
           name_);
    }
    const auto at = number_at<std::uint64_t>(bytes_, end - kLocatorBytes64 + 8);
    const auto record = part(at, kEndBytes64, "its end record");
    if (number_at<std::uint32_t>(record, 0) != kEndRecord64) {
      fail("{}: damaged zip archive: no end record at {}", name_, at);
    }
    return {number_at<std::uint64_t>(record, 48), number_at<std::uint64_t>(record, 40),
            number_at<std::uint64_t>(record, 32)};
  }

  // Numbers too large for the header stand in an extra field, in this order.
  void read_zip64(std::span<const std::byte> extra, const std::string& entry, Sizes& sizes) const {
    while (extra.size() >= 4) {
      const auto kind = number_at<std::uint16_t>(extra, 0);
      const std::size_t size = number_at<std::uint16_t>(extra, 2);
      if (size > extra.size() - 4) break;
      if (kind == kZip64Extra) {
        std::span<const std::byte> field = extra.subspan(4, size);
        for (std::uint64_t* number : {&sizes.size, &sizes.stored, &sizes.offset}) {
          if (*number != kInExtra32 || field.size() < 8) continue;
          *number = number_at<std::uint64_t>(field, 0);
          field = field.subspan(8);
        }
        return;
      }
      extra = extra.subspan(4 + size);
    }
    if (!extra.empty()) {
      fail("{}: damaged zip archive: extra field of entry \"{}\"", name_, entry);
    }
  }

  std::span<const std::byte> bytes_of(const std::string& entry, std::uint64_t offset,
                                      std::uint64_t size) const {
    const auto header = part(offset, kLocalBytes, fmt::format("entry \"{}\"", entry));
    const std::size_t name_size = number_at<std::uint16_t>(header, 26);
    const std::size_t extra_size = number_at<std::uint16_t>(header, 28);
    const auto name = part(offset + kLocalBytes, name_size, "a name");
    if (number_at<std::uint32_t>(header, 0) != kLocalHeader ||
        std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) != entry) {
      fail("{}: damaged zip archive: entry \"{}\" does not begin where its list says", name_,
           entry);
    }
    return part(offset + kLocalBytes + name_size + extra_size, size,
                fmt::format("entry \"{}\"", entry));
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
};

}  // namespace

ZipArchive ZipArchive::parse(std::span<const std::byte> bytes, std::string name, ZipChecks checks) {
  ZipArchive archive;
  archive.file_name_ = std::move(name);
  const Reader reader(bytes, archive.file_name_);
  const Directory directory = reader.directory();
  const auto list = bytes.subspan(directory.offset, directory.size);
  std::size_t at = 0;
  std::size_t num_bytes = 0;
  for (std::uint64_t i = 0; i < directory.num_entries; ++i) {
    Reader::Entry entry = reader.entry(list, at);
    num_bytes += entry.bytes.size();
    if (num_bytes > bytes.size()) {  // or a small file could keep the checksums busy for hours
      fail("{}: damaged zip archive: its entries overlap", archive.file_name_);
    }
    if (checks == ZipChecks::kAll && crc32_of(entry.bytes) != entry.crc) {
      fail("{}: damaged: the checksum of entry \"{}\" does not fit its {} bytes",
           archive.file_name_, entry.name, entry.bytes.size());
    }
    if (!archive.entries_.emplace(entry.name, entry.bytes).second) {
      fail("{}: damaged zip archive: entry \"{}\" is given twice", archive.file_name_, entry.name);
    }
  }
  return archive;
}

const std::span<const std::byte>* ZipArchive::find(std::string_view entry) const {
  const auto found = entries_.find(entry);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace foresight

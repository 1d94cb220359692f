#include <zlib.h>

#include <limits>

#include "base/error.h"
#include "io/zip_archive.h"

namespace foresight {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kExtraHeaderBytes = 4;
constexpr std::size_t kEndBytes = 22;
constexpr std::uint16_t kUtf8Names = 1 << 11;
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kFirstOfJanuary1980 = (1 << 5) | 1;  // DOS date: the same bytes every time
constexpr std::uint16_t kPadding = 0x4246;                   // "FB", as torch.save marks it

// Collects little-endian numbers.
class Record {
 public:
  Record& u16(std::uint16_t number) {
    for (int shift = 0; shift < 16; shift += 8) {
      bytes_.push_back(static_cast<std::byte>(number >> shift));
    }
    return *this;
  }
  Record& u32(std::uint32_t number) {
    return u16(static_cast<std::uint16_t>(number)).u16(static_cast<std::uint16_t>(number >> 16));
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

void append(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append(std::vector<std::byte>& out, const std::string& text) {
  append(out, std::as_bytes(std::span(text)));
}

}  // namespace

void ZipWriter::add(const std::string& name, std::span<const std::byte> bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  constexpr std::size_t kMostNames = 65534;
  if (out_.size() + bytes.size() + kLocalBytes + name.size() + 2 * kAlignment > kMost ||
      entries_.size() >= kMostNames || name.size() > 1000) {
    fail("entry \"{}\" of {} bytes: the archive grows beyond 4 GiB or {} entries", name,
         bytes.size(), kMostNames);
  }
  const Entry entry{name,
                    static_cast<std::uint32_t>(
                        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())),
                    static_cast<std::uint32_t>(bytes.size()),
                    static_cast<std::uint32_t>(out_.size())};
  const std::size_t begin = out_.size() + kLocalBytes + name.size() + kExtraHeaderBytes;
  const std::size_t padding = (kAlignment - begin % kAlignment) % kAlignment;
  Record header;
  header.u32(0x04034b50).u16(kVersion).u16(kUtf8Names).u16(0).u16(0).u16(kFirstOfJanuary1980);
  header.u32(entry.crc).u32(entry.size).u32(entry.size);
  header.u16(static_cast<std::uint16_t>(name.size()));
  header.u16(static_cast<std::uint16_t>(kExtraHeaderBytes + padding));
  append(out_, header.bytes());
  append(out_, name);
  append(out_, Record().u16(kPadding).u16(static_cast<std::uint16_t>(padding)).bytes());
  out_.insert(out_.end(), padding, std::byte{'Z'});
  append(out_, bytes);
  entries_.push_back(entry);
}

void ZipWriter::finish() {
  const std::size_t begin = out_.size();
  for (const Entry& entry : entries_) {
    Record header;
    header.u32(0x02014b50).u16(kVersion).u16(kVersion).u16(kUtf8Names).u16(0).u16(0);
    header.u16(kFirstOfJanuary1980).u32(entry.crc).u32(entry.size).u32(entry.size);
    header.u16(static_cast<std::uint16_t>(entry.name.size()));
    header.u16(0).u16(0).u16(0).u16(0).u32(0).u32(entry.offset);
    append(out_, header.bytes());
    append(out_, entry.name);
  }
  const std::size_t size = out_.size() - begin;
  if (out_.size() + kEndBytes > std::numeric_limits<std::uint32_t>::max()) {
    fail("the archive grows beyond 4 GiB");
  }
  const auto count = static_cast<std::uint16_t>(entries_.size());
  Record end;
  end.u32(0x06054b50).u16(0).u16(0).u16(count).u16(count);
  end.u32(static_cast<std::uint32_t>(size)).u32(static_cast<std::uint32_t>(begin)).u16(0);
  append(out_, end.bytes());
}

}  // namespace foresight

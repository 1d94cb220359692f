#include "io/png.h"

#include <zlib.h>

#include "base/error.h"

namespace foresight {
namespace {

constexpr char kBitsPerChannel = 8;
constexpr char kGray = 0, kRgb = 2;  // colour types
constexpr char kNoFilter = 0;        // stands before every row

void append_big_endian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFF);
}

// Length, kind, content, and a checksum of the last two.
void append_chunk(std::string& out, const std::string& kind, const std::string& content) {
  append_big_endian(out, static_cast<std::uint32_t>(content.size()));
  const std::string checked = kind + content;
  out += checked;
  append_big_endian(
      out, static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(checked.data()),
                                              static_cast<uInt>(checked.size()))));
}

std::string compressed(const std::string& bytes) {
  uLongf size = ::compressBound(static_cast<uLong>(bytes.size()));
  std::string result(size, '\0');
  const int status =
      ::compress(reinterpret_cast<Bytef*>(result.data()), &size,
                 reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  FS_CHECK(status == Z_OK, "zlib's compress() says {}", status);
  result.resize(size);
  return result;
}

}  // namespace

std::string encode_png(const Picture& picture) {
  FS_CHECK((picture.channels == 1 || picture.channels == 3) && picture.width > 0 &&
               picture.height > 0 &&
               std::ssize(picture.pixels) == picture.width * picture.height * picture.channels,
           "a picture of {} x {} x {} with {} bytes", picture.width, picture.height,
           picture.channels, picture.pixels.size());
  std::string header;
  append_big_endian(header, static_cast<std::uint32_t>(picture.width));
  append_big_endian(header, static_cast<std::uint32_t>(picture.height));
  header += kBitsPerChannel;
  header += picture.channels == 1 ? kGray : kRgb;
  header += std::string(3, '\0');  // the only compression, the only filter method, not interlaced

  std::string rows;
  const std::int64_t row_bytes = picture.width * picture.channels;
  for (std::int64_t y = 0; y < picture.height; ++y) {
    rows += kNoFilter;
    rows.append(reinterpret_cast<const char*>(picture.pixels.data()) + y * row_bytes,
                static_cast<std::size_t>(row_bytes));
  }
  std::string png("\x89PNG\r\n\x1a\n", 8);
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", compressed(rows));
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace foresight

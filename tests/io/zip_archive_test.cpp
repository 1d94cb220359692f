#include "io/zip_archive.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"

namespace foresight {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> small_archive() {
  std::vector<std::byte> out;
  ZipWriter writer(out);
  writer.add("one/data.pkl", bytes_of("hello"));
  writer.add("one/data/0", bytes_of(""));
  writer.add("one/data/1", bytes_of("0123456789"));
  writer.finish();
  return out;
}

// Where `part` begins, counted from the `skip`-th time that it occurs.
std::size_t place_of(const std::vector<std::byte>& bytes, std::string_view part, int skip = 0) {
  const auto text = text_of(bytes);
  std::size_t at = text.find(part);
  for (; skip > 0; --skip) at = text.find(part, at + 1);
  return at;
}

void expect_refused(const std::vector<std::byte>& bytes, const std::string& part) {
  try {
    ZipArchive::parse(bytes, "a.pt");
    FAIL() << "accepted, expected: " << part;
  } catch (const Error& problem) {
    EXPECT_NE(std::string(problem.what()).find(part), std::string::npos) << problem.what();
    EXPECT_EQ(std::string(problem.what()).rfind("a.pt: ", 0), 0u) << problem.what();
  }
}

TEST(ZipArchive, GivesBackWhatWasWritten) {
  const auto bytes = small_archive();
  const auto archive = ZipArchive::parse(bytes, "a.pt");
  ASSERT_EQ(archive.entries().size(), 3u);
  EXPECT_EQ(text_of(*archive.find("one/data.pkl")), "hello");
  EXPECT_EQ(text_of(*archive.find("one/data/0")), "");
  EXPECT_EQ(text_of(*archive.find("one/data/1")), "0123456789");
  EXPECT_EQ(archive.find("one/data/2"), nullptr);
}

TEST(ZipArchive, WrittenEntriesBeginAtMultiplesOf64) {
  const auto bytes = small_archive();
  const auto archive = ZipArchive::parse(bytes, "a.pt");
  for (const auto& [name, content] : archive.entries()) {
    EXPECT_EQ((content.data() - bytes.data()) % 64, 0) << name;
  }
}

TEST(ZipArchive, FindsADamagedEntryByItsChecksum) {
  auto bytes = small_archive();
  bytes[place_of(bytes, "0123456789") + 3] = std::byte{'x'};
  expect_refused(bytes, "checksum of entry \"one/data/1\"");
  EXPECT_NO_THROW(ZipArchive::parse(bytes, "a.pt", ZipChecks::kStructure));
}

TEST(ZipArchive, RefusesWhatIsNoArchiveOrBreaksOff) {
  expect_refused({}, "not a zip archive");
  const auto whole = small_archive();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> part(whole.begin(),
                                      whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(ZipArchive::parse(part, "a.pt"), Error) << size;
  }
}

TEST(ZipArchive, RefusesCompressedAndEncryptedEntries) {
  auto bytes = small_archive();
  const std::size_t header = place_of(bytes, "PK\1\2");
  bytes[header + 10] = std::byte{8};
  expect_refused(bytes, "compressed (method 8)");
  bytes = small_archive();
  bytes[header + 8] = std::byte{1};
  expect_refused(bytes, "encrypted");
}

TEST(ZipArchive, RefusesEntriesOutsideOfTheFileOrTwice) {
  auto bytes = small_archive();
  const std::size_t header = place_of(bytes, "PK\1\2", 2);
  const std::uint32_t far = 1 << 30;
  std::memcpy(bytes.data() + header + 20, &far, 4);
  std::memcpy(bytes.data() + header + 24, &far, 4);
  expect_refused(bytes, "would take 1073741824 bytes");

  bytes.clear();
  ZipWriter writer(bytes);
  writer.add("a", bytes_of("1"));
  writer.add("a", bytes_of("2"));
  writer.finish();
  expect_refused(bytes, "given twice");
}

// The same bytes under two names: many of them would keep the checksums busy for hours.
TEST(ZipArchive, RefusesEntriesThatOverlap) {
  std::vector<std::byte> inner;
  ZipWriter inside(inner);
  inside.add("b", bytes_of(std::string(500, 'x')));
  inside.finish();
  std::vector<std::byte> bytes;
  ZipWriter writer(bytes);
  writer.add("a", inner);
  writer.finish();
  // The list of the outer archive, and behind it that of the inner one, whose offsets are moved.
  const std::size_t list = place_of(inner, "PK\1\2");
  std::vector<std::byte> second(inner.begin() + static_cast<std::ptrdiff_t>(list),
                                inner.end() - 22);
  const auto moved = static_cast<std::uint32_t>(place_of(bytes, "PK\3\4", 1));
  std::memcpy(second.data() + 42, &moved, 4);
  const std::size_t end = bytes.size() - 22;
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(end), second.begin(), second.end());
  const std::size_t record = bytes.size() - 22;
  const auto size = static_cast<std::uint32_t>(47 + second.size());
  const std::uint16_t count = 2;
  std::memcpy(bytes.data() + record + 8, &count, 2);
  std::memcpy(bytes.data() + record + 10, &count, 2);
  std::memcpy(bytes.data() + record + 12, &size, 4);
  expect_refused(bytes, "overlap");
}

}  // namespace
}  // namespace foresight

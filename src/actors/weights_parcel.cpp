#include "actors/weights_parcel.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "actors/actor_message.h"
#include "base/error.h"
#include "io/file_name.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumberBytes = 8;
constexpr std::uint64_t kMostFiles = 1000;

// Takes what is asked for from the front.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() { return parse_actor_number(text(kNumberBytes)); }
  std::string_view text(std::uint64_t length) {
    if (length > bytes_.size()) {
      fail("the learner's weights end in the middle: {} bytes are missing", length - bytes_.size());
    }
    const auto result = bytes_.substr(0, static_cast<std::size_t>(length));
    bytes_.remove_prefix(static_cast<std::size_t>(length));
    return result;
  }
  bool is_at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail("{}: cannot be read", file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::string pack_weights(const fs::path& folder, std::int64_t num_updates) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(folder)) files.push_back(file.path());
  std::sort(files.begin(), files.end());
  std::string message =
      actor_number(static_cast<std::uint64_t>(num_updates)) + actor_number(files.size());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const std::string bytes = bytes_of(file);
    message += actor_number(name.size()) + name + actor_number(bytes.size());
    message += bytes;
  }
  return message;
}

std::int64_t unpack_weights(std::string_view message, const fs::path& folder) {
  Reader reader(message);
  const auto num_updates = static_cast<std::int64_t>(reader.number());
  const std::uint64_t count = reader.number();
  if (num_updates < 0 || count > kMostFiles) {
    fail("the learner's weights are of {} files after {} updates", count, num_updates);
  }
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string name(reader.text(reader.number()));
    if (name != as_file_name(name)) fail("the learner's weights have a file of the name {}", name);
    const std::string_view bytes = reader.text(reader.number());
    std::ofstream out(folder / name, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) fail("cannot write {}", (folder / name).string());
  }
  if (!reader.is_at_end()) fail("bytes follow behind the learner's weights");
  return num_updates;
}

}  // namespace foresight

#include "replay/episode_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "io/crc32c.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMagic = 0x50455346;  // "FSEP" in little-endian order
constexpr std::string_view kPrefix = "episodes-";
constexpr std::string_view kSuffix = ".log";

struct Header {
  std::uint32_t magic = kMagic;
  std::uint32_t checksum = 0;  // of all that follows, numbers included
  std::int64_t number = 0;
  std::uint32_t num_steps = 0;
  std::uint32_t observation_dim = 0;
  std::uint32_t action_dim = 0;
  std::uint16_t opponent_dim = 0;
  std::uint16_t opponent_plus_one = 0;
};
static_assert(sizeof(Header) == 32);
constexpr std::size_t kChecked = offsetof(Header, number);

// What every episode of a log has in common.
struct Dims {
  std::int64_t observation = 0;
  std::int64_t action = 0;
  std::int64_t opponent = 0;

  // Of the floats behind a header.
  std::int64_t num_floats(std::int64_t steps) const {
    return (steps + 1) * observation + steps * (action + 2 + opponent);
  }
};

// In the order in which they are written.
std::array<const std::vector<float>*, 5> arrays_of(const Episode& episode) {
  return {&episode.observations, &episode.actions, &episode.rewards, &episode.terminated,
          &episode.opponent_actions};
}

void append_bytes(std::vector<std::byte>& target, std::span<const std::byte> bytes) {
  target.insert(target.end(), bytes.begin(), bytes.end());
}

// An open file that is closed in every case.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags)
      : path_(path), number_(::open(path.c_str(), flags, 0666)) {
    if (number_ < 0) fail_here("open");
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write_at(std::int64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(number_, bytes.data(), bytes.size(), offset);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_here("write");
      offset += count;
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  void cut_to(std::int64_t size) {
    if (::ftruncate(number_, size) != 0) fail_here("shorten");
  }
  void flush() {
    if (::fsync(number_) != 0) fail_here("flush");
  }

 private:
  [[noreturn]] void fail_here(const char* action) const {
    fail("{}: cannot {}: {}", path_.string(), action, std::strerror(errno));
  }
  fs::path path_;
  int number_;
};

Episode take_episode(const Header& header, std::span<const float> numbers) {
  const auto take = [&](std::int64_t count) {
    const auto part = numbers.first(static_cast<std::size_t>(count));
    numbers = numbers.subspan(part.size());
    return std::vector<float>(part.begin(), part.end());
  };
  const std::int64_t steps = header.num_steps;
  Episode episode;
  episode.observations = take((steps + 1) * header.observation_dim);
  episode.actions = take(steps * header.action_dim);
  episode.rewards = take(steps);
  episode.terminated = take(steps);
  episode.opponent_actions = take(steps * header.opponent_dim);
  episode.opponent = std::int64_t{header.opponent_plus_one} - 1;
  return episode;
}

// Reads the records of one segment, trusting none of its bytes.
class SegmentReader {
 public:
  SegmentReader(fs::path path, std::int64_t num_bytes) : path_(std::move(path)), end_(num_bytes) {
    in_.open(path_, std::ios::binary);
    std::error_code problem;
    const auto size = fs::file_size(path_, problem);
    if (!in_ || problem) fail("{}: cannot be read", path_.string());
    if (num_bytes < 0) end_ = static_cast<std::int64_t>(size);
    if (static_cast<std::int64_t>(size) < end_) {
      fail("{}: expected {} bytes or more, found {}: its end is missing", path_.string(), end_,
           size);
    }
  }

  bool at_end() const { return offset_ >= end_; }

  Header read(const Dims& dims, std::vector<float>& numbers) {
    Header header;
    if (end_ - offset_ < static_cast<std::int64_t>(sizeof(header))) fail_here("half a record");
    in_.read(reinterpret_cast<char*>(&header), sizeof(header));
    if (header.magic != kMagic) fail_here("no record begins here");
    if (header.observation_dim != dims.observation || header.action_dim != dims.action) {
      fail_here(fmt::format("expected {} observations and {} actions, found {} and {}",
                            dims.observation, dims.action, header.observation_dim,
                            header.action_dim));
    }
    if (header.opponent_dim != dims.opponent) {
      fail_here(fmt::format("expected {} actions of the opponent, found {}", dims.opponent,
                            header.opponent_dim));
    }
    const std::int64_t left = end_ - offset_ - static_cast<std::int64_t>(sizeof(header));
    const std::int64_t count = dims.num_floats(header.num_steps);
    if (header.num_steps == 0 || count * 4 > left) {
      fail_here(fmt::format("an episode of {} steps does not fit into the {} bytes left",
                            header.num_steps, left));
    }
    numbers.resize(static_cast<std::size_t>(count));
    in_.read(reinterpret_cast<char*>(numbers.data()), count * 4);
    if (!in_) fail_here("cannot be read");
    std::uint32_t checksum = crc32c(std::as_bytes(std::span(&header, 1)).subspan(kChecked));
    checksum = crc32c(std::as_bytes(std::span(numbers)), checksum);
    if (checksum != header.checksum) fail_here("the checksum is wrong: the file is damaged");
    offset_ += static_cast<std::int64_t>(sizeof(header)) + count * 4;
    return header;
  }

 private:
  [[noreturn]] void fail_here(const std::string& what) const {
    fail("{}, byte {}: {}", path_.string(), offset_, what);
  }
  fs::path path_;
  std::ifstream in_;
  std::int64_t end_;
  std::int64_t offset_ = 0;
};

}  // namespace

EpisodeLog::EpisodeLog(fs::path folder, std::int64_t observation_dim, std::int64_t action_dim,
                       std::int64_t segment_bytes, std::int64_t opponent_dim)
    : folder_(std::move(folder)),
      observation_dim_(observation_dim),
      action_dim_(action_dim),
      segment_bytes_(segment_bytes),
      opponent_dim_(opponent_dim) {}

fs::path EpisodeLog::path_of(std::int64_t segment) const {
  return folder_ / fmt::format("{}{:012}{}", kPrefix, segment, kSuffix);
}

std::vector<std::int64_t> EpisodeLog::segments() const {
  std::vector<std::int64_t> numbers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    std::int64_t number = -1;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size() - kSuffix.size(),
                    number);
    if (number >= 0 && path_of(number).filename() == name) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void EpisodeLog::add(std::int64_t number, const Episode& episode) {
  FS_CHECK(number >= position_.next_number, "episode {} after {}", number, position_.next_number);
  if (position_.num_bytes >= segment_bytes_) {
    flush();
    position_ = {.segment = number, .num_bytes = 0, .next_number = number};
    num_flushed_ = 0;
  }
  Header header;
  header.number = number;
  header.num_steps = static_cast<std::uint32_t>(episode.num_steps());
  header.observation_dim = static_cast<std::uint32_t>(observation_dim_);
  header.action_dim = static_cast<std::uint32_t>(action_dim_);
  header.opponent_dim = static_cast<std::uint16_t>(opponent_dim_);
  header.opponent_plus_one = static_cast<std::uint16_t>(episode.opponent + 1);
  header.checksum = crc32c(std::as_bytes(std::span(&header, 1)).subspan(kChecked));
  for (const auto* values : arrays_of(episode)) {
    header.checksum = crc32c(std::as_bytes(std::span(*values)), header.checksum);
  }
  const std::size_t before = waiting_.size();
  append_bytes(waiting_, std::as_bytes(std::span(&header, 1)));
  for (const auto* values : arrays_of(episode)) {
    append_bytes(waiting_, std::as_bytes(std::span(*values)));
  }
  position_.num_bytes += static_cast<std::int64_t>(waiting_.size() - before);
  position_.next_number = number + 1;
}

EpisodeLog::Position EpisodeLog::flush() {
  if (waiting_.empty()) return position_;
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) fail("{}: cannot make the folder: {}", folder_.string(), problem.message());
  Descriptor file(path_of(position_.segment), O_WRONLY | O_CREAT | O_CLOEXEC);
  file.cut_to(num_flushed_);  // what a killed process or a full disk left behind
  file.write_at(num_flushed_, waiting_);
  file.flush();
  num_flushed_ = position_.num_bytes;
  waiting_.clear();
  return position_;
}

void EpisodeLog::cut(const Position& position) {
  waiting_.clear();
  for (const std::int64_t segment : segments()) {
    if (segment > position.segment) fs::remove(path_of(segment));
  }
  if (position.num_bytes > 0) {
    const fs::path path = path_of(position.segment);
    std::error_code problem;
    const auto size = fs::file_size(path, problem);
    if (problem || static_cast<std::int64_t>(size) < position.num_bytes) {
      fail("{}: expected {} bytes, found {}", path.string(), position.num_bytes,
           problem ? problem.message() : fmt::format("{}", size));
    }
    Descriptor(path, O_WRONLY | O_CLOEXEC).cut_to(position.num_bytes);
  }
  position_ = position;
  num_flushed_ = position.num_bytes;
}

void EpisodeLog::read(std::int64_t first, const Position& position,
                      const std::function<void(std::int64_t, Episode)>& use) const {
  if (first >= position.next_number) return;
  const auto all = segments();
  std::vector<float> numbers;
  std::int64_t expected = first;
  for (std::size_t i = 0; i < all.size() && all[i] <= position.segment; ++i) {
    const bool is_last = all[i] == position.segment;
    if (!is_last && i + 1 < all.size() && all[i + 1] <= first) continue;
    SegmentReader reader(path_of(all[i]), is_last ? position.num_bytes : -1);
    while (!reader.at_end()) {
      const Header header = reader.read({observation_dim_, action_dim_, opponent_dim_}, numbers);
      if (header.number < first) continue;
      if (header.number != expected || header.number >= position.next_number) {
        fail("{}: found episode {}, expected {} of those up to {}", path_of(all[i]).string(),
             header.number, expected, position.next_number - 1);
      }
      expected = header.number + 1;
      use(header.number, take_episode(header, numbers));
    }
  }
  if (expected != position.next_number) {
    fail("{}: episodes {} to {} are missing", folder_.string(), expected, position.next_number - 1);
  }
}

void EpisodeLog::drop_before(std::int64_t number) {
  const auto all = segments();
  for (std::size_t i = 0; i + 1 < all.size() && all[i + 1] <= number; ++i) {
    fs::remove(path_of(all[i]));
  }
}

}  // namespace foresight

#include "actors/episode_spool.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "base/error.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".episode";

// "000000000012-251.episode"
std::optional<EpisodeSpool::Entry> entry_of(const std::string& name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const char* end = name.data() + name.size() - kSuffix.size();
  EpisodeSpool::Entry entry;
  const auto number = std::from_chars(name.data(), end, entry.number);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != '-') return std::nullopt;
  const auto steps = std::from_chars(number.ptr + 1, end, entry.num_steps);
  const bool is_whole = steps.ec == std::errc() && steps.ptr == end && entry.num_steps > 0;
  return is_whole ? std::optional(entry) : std::nullopt;
}

}  // namespace

EpisodeSpool::EpisodeSpool(fs::path folder) : folder_(std::move(folder)) {
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) fail("{}: cannot make the folder: {}", folder_.string(), problem.message());
  for (const auto& file : fs::directory_iterator(folder_)) {
    if (const auto entry = entry_of(file.path().filename().string())) entries_.push_back(*entry);
  }
  std::ranges::sort(entries_, {}, &Entry::number);
  if (!entries_.empty()) next_number_ = entries_.back().number + 1;
}

std::int64_t EpisodeSpool::num_steps() const {
  std::int64_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.num_steps;
  return sum;
}

fs::path EpisodeSpool::path_of(const Entry& entry) const {
  return folder_ / fmt::format("{:012}-{}{}", entry.number, entry.num_steps, kSuffix);
}

EpisodeSpool::Entry EpisodeSpool::add(const EpisodeParcel& parcel) {
  const Entry entry{.number = next_number_, .num_steps = parcel.own.num_steps()};
  write_parcel(parcel, path_of(entry));
  ++next_number_;
  entries_.push_back(entry);
  return entry;
}

std::string EpisodeSpool::read(const Entry& entry) const {
  const fs::path path = path_of(entry);
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) fail("{}: cannot be read", path.string());
  return bytes;
}

void EpisodeSpool::drop_through(std::uint64_t number) {
  while (!entries_.empty() && entries_.front().number <= number) {
    std::error_code ignored;  // what stays is sent again, and dropped there
    fs::remove(path_of(entries_.front()), ignored);
    entries_.pop_front();
  }
}

}  // namespace foresight

#include "base/ranks.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

void SingleRank::gather(std::span<const std::byte> own, std::span<std::byte> all) {
  FS_CHECK(own.size() == all.size(), "{} bytes into {}", own.size(), all.size());
  std::ranges::copy(own, all.begin());
}

std::vector<std::string> gather_texts(Ranks& ranks, const std::string& own) {
  const auto sizes = gather_values(ranks, static_cast<std::uint64_t>(own.size()));
  const std::uint64_t longest = *std::ranges::max_element(sizes);
  std::string padded = own;
  padded.resize(longest);
  std::string all(longest * sizes.size(), '\0');
  ranks.gather(std::as_bytes(std::span(padded)), std::as_writable_bytes(std::span(all)));
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
    texts.push_back(all.substr(rank * longest, sizes[rank]));
  }
  return texts;
}

void wait_for_all(Ranks& ranks) { gather_values(ranks, std::uint8_t{1}); }

}  // namespace foresight

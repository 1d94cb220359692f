#include "train/common_course.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::uint64_t kMostRanks = 1 << 16;

}  // namespace

CommonCourse::CommonCourse(Ranks& ranks, const std::filesystem::path& checkpoint)
    : ranks_(ranks), seat_{.rank = ranks.rank(), .split = 0} {
  if (checkpoint.empty()) return;
  const LoopState state = read_loop_state(checkpoint);
  seat_.split = state.split;
  if (state.num_ranks == ranks.size()) return;
  for (int rank = 0; rank < state.num_ranks; ++rank) {
    earlier_.push_back({.rank = rank, .split = state.split});
  }
  ++seat_.split;
}

std::uint64_t CommonCourse::stream() const {
  return static_cast<std::uint64_t>(seat_.split) * kMostRanks +
         static_cast<std::uint64_t>(seat_.rank);
}

StepCounts CommonCourse::add_up(const StepCounts& own) const {
  StepCounts all;
  for (const StepCounts& counts : gather_values(ranks_, own)) {
    all.steps += counts.steps;
    all.episodes += counts.episodes;
    all.can_update += counts.can_update;
  }
  return all;
}

std::int64_t CommonCourse::add_up(std::int64_t own) const {
  std::int64_t all = 0;
  for (const std::int64_t count : gather_values(ranks_, own)) all += count;
  return all;
}

Turn CommonCourse::agree(const Turn& own) const {
  const auto turns = gather_values(ranks_, own);
  Turn common = turns.front();
  for (const Turn& turn : turns) {
    if (common.signal == 0) common.signal = turn.signal;
  }
  return common;
}

int CommonCourse::agree_on_signal(int own) const { return agree({.signal = own}).signal; }

bool CommonCourse::as_first_says(bool own) const {
  return gather_values(ranks_, std::uint8_t{own}).front() != 0;
}

MetricWindow::State CommonCourse::merge(const MetricWindow& own) const {
  if (is_alone()) return own.state();
  nlohmann::json text = nlohmann::json::array();
  for (const auto& [name, sum] : own.state()) text.push_back({name, sum.total, sum.count});
  MetricWindow::State merged;
  std::map<std::string, std::size_t> places;
  // In binary: a JSON text would round what is not finite to nothing.
  const auto bytes = nlohmann::json::to_cbor(text);
  for (const std::string& theirs : gather_texts(ranks_, {bytes.begin(), bytes.end()})) {
    for (const auto& entry : nlohmann::json::from_cbor(theirs)) {
      const auto [place, is_new] = places.emplace(entry.at(0).get<std::string>(), merged.size());
      if (is_new) merged.emplace_back(place->first, MetricWindow::Sum{});
      MetricWindow::Sum& sum = merged[place->second].second;
      sum.total += entry.at(1).get<double>();
      sum.count += entry.at(2).get<std::int64_t>();
    }
  }
  return merged;
}

void CommonCourse::check_alike(std::uint32_t weights_checksum) const {
  const auto sums = gather_values(ranks_, weights_checksum);
  for (std::size_t rank = 1; rank < sums.size(); ++rank) {
    if (sums[rank] == sums[0]) continue;
    fail(
        "the ranks have come apart: rank 0 has weights with the checksum {:08x}, rank {} with "
        "{:08x}; do all machines run the same program on the same kind of processor?",
        sums[0], rank, sums[rank]);
  }
}

}  // namespace foresight

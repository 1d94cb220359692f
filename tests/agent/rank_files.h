// Agents on several ranks: their checkpoints, as train/rank_folder.h lays them out, and their
// weights.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/agent.h"
#include "base/rng.h"
#include "cluster/rank_threads.h"

namespace foresight {

enum class Part { kToWrite, kToRead };

// A rank's part of the checkpoint in `folder`. While the others write theirs, the first one's is
// not there yet.
inline CheckpointPlace place_of(const std::filesystem::path& folder, int rank, Part part) {
  const auto own = [&](int number) { return folder / fmt::format("rank_{}", number); };
  std::filesystem::create_directories(own(rank));
  CheckpointPlace place(own(rank));
  if (rank != 0) place.common = part == Part::kToRead ? own(0) : std::filesystem::path();
  return place;
}

inline std::vector<double> numbers_of(const Metrics& metrics) {
  std::vector<double> numbers;
  for (const auto& [name, value] : metrics) numbers.push_back(value);
  return numbers;
}

// `size` ranks, whose agents learn from games of their own (fill), keep the same weights.
template <typename AgentType, typename Config, typename Fill>
void expect_same_weights(int size, const Config& config, const EnvSpec& env, int num_updates,
                         const Fill& fill) {
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(size));
  std::vector<std::uint32_t> before(sums.size());
  std::vector<double> losses(sums.size());
  on_ranks(size, [&](Ranks& ranks) {
    const auto rank = static_cast<std::size_t>(ranks.rank());
    AgentType agent(config, env, 1);
    agent.join(ranks, rank);
    Rng rng(1, "games");  // alike, so that only its draws tell a rank from another
    fill(agent, rng);
    before[rank] = agent.weights_checksum();
    for (int i = 0; i < num_updates; ++i) losses[rank] = agent.update().front().second;
    sums[rank] = agent.weights_checksum();
  });
  for (std::size_t rank = 0; rank < sums.size(); ++rank) {
    EXPECT_EQ(sums[rank], sums[0]);
    EXPECT_NE(sums[rank], before[0]);
    if (rank > 0) {
      EXPECT_NE(losses[rank], losses[0]);
    }
  }
}

}  // namespace foresight

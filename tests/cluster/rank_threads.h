// Ranks as threads of the test's own process.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "cluster/local_ranks.h"

namespace foresight {

// Runs `body` as each of `size` ranks at once. Small pieces, so that much goes in several.
inline void on_ranks(int size, const std::function<void(Ranks& ranks)>& body) {
  const auto board = std::make_shared<RankBoard>(size, /*piece_floats=*/64);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      LocalRanks ranks(board, rank, [](const std::string&) { std::abort(); });
      body(ranks);
      wait_for_all(ranks);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace foresight

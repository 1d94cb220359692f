// Frozen copies of the learner that it meets as opponents: when a copy enters, who leaves, whom the
// next game is played against. The copies themselves are model folders, copy_0001/, ..., in a
// folder that keeps those that left the pool too. Source of the weights: Vinyals et al.,
// "Grandmaster level in StarCraft II", Nature 2019, Methods, prioritised fictitious self-play:
// f_hard(p) = (1 - p)^k, f_var(p) = p (1 - p).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "selfplay/opponent.h"
#include "selfplay/selfplay_config.h"
#include "selfplay/win_rates.h"

namespace foresight {

class CopyPool {
 public:
  // folder: of the copies, which need not exist yet.
  CopyPool(const SelfplayConfig& config, std::filesystem::path folder);

  // Whether the learner shall be copied now that so many episodes of the run are over.
  bool is_due(std::int64_t episodes) const;
  // Takes a new copy in and returns its name; its model is expected in folder_of(name). A full pool
  // first loses one: the oldest, or of those with the highest win rate the oldest.
  std::string add(std::int64_t episodes);

  // Names of the copies that are met, oldest first: "self/copy_0007".
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const;
  bool empty() const { return numbers_.empty(); }
  static bool is_copy(std::string_view name);
  std::filesystem::path folder_of(std::string_view name) const;
  const std::filesystem::path& folder() const { return folder_; }

  // One an entry of names(): what draw() goes by.
  std::vector<double> weights() const;
  // The same seed, the same copy, while the win rates are the same. The pool is not empty.
  std::string draw(std::uint64_t seed) const;
  // A copy that is or was in the pool, ready to play.
  std::unique_ptr<Opponent> make(std::string_view name, const OpponentContext& context) const;

  // A game against anybody is over: 1 won, 0.5 drawn, 0 lost. Copies that left are forgotten.
  void note_result(const std::string& opponent, double score);
  const WinRates& win_rates() const { return win_rates_; }
  // Mean of the win rates against the copies in the pool; 0.5 without any.
  double win_rate_against_pool() const;

  // For checkpoints.
  struct State {
    std::vector<std::int64_t> numbers;  // of the copies that are met, rising
    std::int64_t num_copies = 0;        // ever taken
    std::int64_t last_copy_episode = 0;
    std::int64_t games_since_copy = 0;  // against copies
    WinRates::State win_rates;
  };
  State state() const;
  void set_state(State state);

 private:
  std::size_t find_leaver() const;

  SelfplayConfig config_;
  std::filesystem::path folder_;
  std::vector<std::int64_t> numbers_;
  std::int64_t num_copies_ = 0;
  std::int64_t last_copy_episode_ = 0;
  std::int64_t games_since_copy_ = 0;
  WinRates win_rates_;
};

}  // namespace foresight

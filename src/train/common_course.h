// What the ranks of one training (base/ranks.h) agree on, so that all take the same way through the
// loop: counts are of all ranks together; what depends on a clock, rank 0 decides; a signal that
// one has got, all have got. With one rank every answer is its own. Every call but the plain
// questions is collective.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/ranks.h"
#include "train/loop_state.h"
#include "train/metrics_log.h"
#include "train/rank_folder.h"

namespace foresight {

// Of one step of the loop.
struct StepCounts {
  std::int64_t steps = 0;
  std::int64_t episodes = 0;    // finished
  std::int64_t can_update = 0;  // how many ranks have enough to learn from
};

// What a rank thinks that comes next.
struct Turn {
  int signal = 0;  // 0: none
  bool is_late = false;
  bool is_checkpoint_due = false;
};

class CommonCourse {
 public:
  // checkpoint: rank 0's, empty to begin with. A checkpoint of another number of ranks is shared
  // out anew.
  CommonCourse(Ranks& ranks, const std::filesystem::path& checkpoint);

  bool is_first() const { return ranks_.rank() == 0; }
  bool is_alone() const { return ranks_.size() == 1; }
  int num_ranks() const { return ranks_.size(); }
  Ranks& ranks() const { return ranks_; }
  const RankSeat& seat() const { return seat_; }
  // Number of this rank's random streams; 0 for the first rank of a run that was begun with as
  // many.
  std::uint64_t stream() const;
  // The ranks that wrote the checkpoint, if they were another number; else none.
  const std::vector<RankSeat>& earlier_seats() const { return earlier_; }

  StepCounts add_up(const StepCounts& own) const;
  std::int64_t add_up(std::int64_t own) const;
  Turn agree(const Turn& own) const;
  int agree_on_signal(int own) const;
  bool as_first_says(bool own) const;
  void wait() const { wait_for_all(ranks_); }
  // What was added on all ranks, in their order.
  MetricWindow::State merge(const MetricWindow& own) const;
  // Error: the ranks have come apart.
  void check_alike(std::uint32_t weights_checksum) const;

 private:
  Ranks& ranks_;
  RankSeat seat_;
  std::vector<RankSeat> earlier_;
};

}  // namespace foresight

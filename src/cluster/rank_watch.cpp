#include "cluster/rank_watch.h"

#include <algorithm>
#include <chrono>

namespace foresight {

RankLost::RankLost(std::string cause, int rank)
    : Error(fmt::format("{}; rank {} stops too", cause, rank)), cause_(std::move(cause)) {}

RankWatch::RankWatch(RankPulse& pulse, int rank, int size,
                     std::function<void(const std::string&)> leave, RankWatchTimes times)
    : pulse_(pulse),
      rank_(rank),
      size_(size),
      leave_(std::move(leave)),
      times_(times),
      seen_(static_cast<std::size_t>(size)) {
  thread_ = std::thread([this] { watch(); });
}

RankWatch::~RankWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

void RankWatch::check() const {
  if (is_lost_.load()) throw RankLost(cause_, rank_);
}

// Time is counted in short pieces: when all processes were stopped together for a while, that is
// nobody's silence.
void RankWatch::watch() {
  using Clock = std::chrono::steady_clock;
  auto before = Clock::now();
  double lost_s = 0.0;
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    wakes_.wait_for(lock, std::chrono::duration<double>(times_.beat_s));
    if (is_over_) return;
    const auto now = Clock::now();
    const double passed_s =
        std::min(std::chrono::duration<double>(now - before).count(), 2.0 * times_.beat_s);
    before = now;
    pulse_.beat();
    if (is_lost_.load()) {
      lost_s += passed_s;
      if (lost_s >= times_.grace_s) leave_(cause_);
      continue;
    }
    for (int rank = 0; rank < size_ && !is_lost_.load(); ++rank) {
      if (rank != rank_) look_at(rank, passed_s);
    }
  }
}

void RankWatch::look_at(int rank, double passed_s) {
  std::string end = pulse_.end_of(rank);
  Seen& seen = seen_[static_cast<std::size_t>(rank)];
  const std::uint64_t beats = pulse_.beats_of(rank);
  seen.silent_s = beats == seen.beats ? seen.silent_s + passed_s : 0.0;
  seen.beats = beats;
  if (end.empty() && seen.silent_s >= times_.silence_s) {
    end = fmt::format("rank {} of {} hangs: it has given no sign of life for {:.0f} s", rank, size_,
                      seen.silent_s);
  }
  if (end.empty()) return;
  cause_ = std::move(end);
  is_lost_.store(true);
}

}  // namespace foresight

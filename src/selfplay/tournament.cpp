#include "selfplay/tournament.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTellEvery = std::chrono::milliseconds(100);

// Counts games for people to see; the log counts finished chunks only.
class GameCounter : public MatchWatcher {
 public:
  explicit GameCounter(std::atomic<std::int64_t>& count) : count_(count) {}
  void on_end(const FinishedGame&, const Env&) override { ++count_; }

 private:
  std::atomic<std::int64_t>& count_;
};

class Tournament {
 public:
  Tournament(const TournamentSetup& setup, TournamentLog& log, const TournamentRun& run);
  bool play();

 private:
  void work();
  void wait_for_workers();
  bool must_stop() const;
  void play(const TournamentChunk& chunk);
  std::unique_ptr<Opponent> player(std::size_t agent, std::int64_t num_games,
                                   std::uint64_t seed) const;
  TournamentProgress progress() const;

  const TournamentSetup& setup_;
  TournamentLog& log_;
  const TournamentRun& run_;
  EnvSpec spec_;
  std::vector<PairResult> pairs_;
  std::vector<TournamentChunk> chunks_;  // still to be played
  std::int64_t total_games_ = 0;
  std::int64_t games_before_ = 0;
  Clock::time_point begin_ = Clock::now();
  std::atomic<std::size_t> next_chunk_{0};
  std::atomic<std::int64_t> num_games_{0};
  std::atomic<bool> has_failed_{false};
  std::mutex mutex_;
  std::condition_variable worker_left_;
  std::int64_t num_working_ = 0;
  std::exception_ptr error_;
};

Tournament::Tournament(const TournamentSetup& setup, TournamentLog& log, const TournamentRun& run)
    : setup_(setup),
      log_(log),
      run_(run),
      spec_(make_env(setup.env)->spec()),
      pairs_(make_pairs(setup.agents.size())),
      chunks_(log.open_chunks()),
      total_games_(std::ssize(pairs_) * setup.games) {
  games_before_ = total_games_;
  for (const TournamentChunk& chunk : chunks_) games_before_ -= chunk.num_games;
}

bool Tournament::play() {
  num_working_ =
      std::clamp<std::int64_t>(run_.num_threads, 1, std::max<std::int64_t>(1, std::ssize(chunks_)));
  std::vector<std::thread> workers;
  for (std::int64_t i = num_working_; i > 0; --i) workers.emplace_back([this] { work(); });
  wait_for_workers();
  for (std::thread& worker : workers) worker.join();
  if (error_) std::rethrow_exception(error_);
  return log_.open_chunks().empty();
}

void Tournament::work() {
  try {
    for (std::size_t i; !must_stop() && (i = next_chunk_++) < chunks_.size();) play(chunks_[i]);
  } catch (...) {  // carried to the caller's thread
    const std::lock_guard guard(mutex_);
    if (!error_) error_ = std::current_exception();
    has_failed_ = true;
  }
  const std::lock_guard guard(mutex_);
  --num_working_;
  worker_left_.notify_all();
}

void Tournament::wait_for_workers() {
  std::unique_lock lock(mutex_);
  while (!worker_left_.wait_for(lock, kTellEvery, [this] { return num_working_ == 0; })) {
    if (!run_.on_progress) continue;
    lock.unlock();
    run_.on_progress(progress());
    lock.lock();
  }
  lock.unlock();
  if (run_.on_progress) run_.on_progress(progress());
}

bool Tournament::must_stop() const {
  return has_failed_ || (run_.should_stop && run_.should_stop());
}

// An agent's own randomness depends on pair, chunk and side.
std::unique_ptr<Opponent> Tournament::player(std::size_t agent, std::int64_t num_games,
                                             std::uint64_t seed) const {
  return make_opponent(setup_.agents[agent].word,
                       {.env = spec_, .num_games = num_games, .seed = seed});
}

void Tournament::play(const TournamentChunk& chunk) {
  const PairResult& pair = pairs_[chunk.pair];
  const std::uint64_t pair_seed = Rng(setup_.seed, "tournament pair", chunk.pair).next_u64();
  Rng seeds(pair_seed, "tournament chunk", static_cast<std::uint64_t>(chunk.first_game));
  const auto first = player(pair.first, chunk.num_games, seeds.next_u64());
  const auto second = player(pair.second, chunk.num_games, seeds.next_u64());
  GameCounter counter(num_games_);
  const auto games = play_match(
      *first, second.get(),
      {.env = setup_.env,
       .games = chunk.num_games,
       .parallel = chunk.num_games,
       .start = [&](std::int64_t g) { return tournament_start(setup_.seed, chunk.first_game + g); },
       .watcher = &counter,
       .should_stop = [this] { return must_stop(); }});
  if (std::ssize(games) < chunk.num_games) return;  // stopped
  ChunkResult result{.outcomes = std::vector<int>(games.size()),
                     .lengths = std::vector<std::int64_t>(games.size())};
  for (const FinishedGame& game : games) {
    result.outcomes[static_cast<std::size_t>(game.game)] = static_cast<int>(game.outcome);
    result.lengths[static_cast<std::size_t>(game.game)] = game.length;
  }
  log_.add(chunk, result);
}

TournamentProgress Tournament::progress() const {
  return {.games = games_before_ + num_games_,
          .played_here = num_games_,
          .total_games = total_games_,
          .elapsed_s = std::chrono::duration<double>(Clock::now() - begin_).count()};
}

}  // namespace

double TournamentProgress::left_s() const {
  return played_here == 0 ? -1.0 : static_cast<double>(total_games - games) / games_per_s();
}

GameStart tournament_start(std::uint64_t seed, std::int64_t game) {
  Rng seeds(seed, "tournament game", static_cast<std::uint64_t>(game / 4));
  const std::uint64_t beginning = seeds.next_u64();
  const std::uint64_t one = seeds.next_u64();
  const std::uint64_t other = seeds.next_u64();
  const bool is_swapped = game % 2 == 1;
  const std::uint64_t parity = static_cast<std::uint64_t>(game % 4) / 2;
  return {.env_seed = (beginning & ~std::uint64_t{1}) | parity,
          .first_seed = is_swapped ? other : one,  // seeds stay with the sides
          .second_seed = is_swapped ? one : other,
          .is_swapped = is_swapped};
}

void check_setup(const TournamentSetup& setup) {
  if (setup.agents.size() < 2) fail("a tournament needs at least two agents");
  if (setup.games < 2 || setup.games % 2 != 0) {
    fail("{} games a pair: give an even number, so that both play half of them on either side",
         setup.games);
  }
  FS_CHECK(setup.batch > 0, "a batch of {}", setup.batch);
  std::set<std::string> names;
  for (const TournamentAgent& agent : setup.agents) {
    if (!names.insert(agent.name).second) fail("{} is named twice", agent.name);
  }
  const EnvSpec spec = make_env(setup.env)->spec();
  if (spec.num_players != 2) fail("{} is no game of two players", spec.id);
  for (const TournamentAgent& agent : setup.agents) {
    make_opponent(agent.word, {.env = spec, .num_games = 1, .seed = 0});
  }
}

bool play_tournament(const TournamentSetup& setup, TournamentLog& log, const TournamentRun& run) {
  return Tournament(setup, log, run).play();
}

}  // namespace foresight

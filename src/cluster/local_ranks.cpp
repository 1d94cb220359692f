#include "cluster/local_ranks.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <fstream>
#include <new>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kLooks = 20'000;          // some microseconds, before a waiting rank sleeps
constexpr long kSleepNs = 100'000'000;  // after which it looks whether the others are alive
constexpr std::size_t kMessageBytes = 2000;

enum class SeatState : int { kEmpty, kTaken, kLeft, kFailed };

// std::atomic's own wait works within one process only.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
  const timespec limit{.tv_sec = 0, .tv_nsec = kSleepNs};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &limit, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// Dead, or dead and not yet waited for by its parent.
bool is_dead(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(in, text)) return true;
  const std::size_t end = text.rfind(')');  // of the name, which may hold anything
  if (end == std::string::npos || end + 2 >= text.size()) return true;
  return text[end + 2] == 'Z' || text[end + 2] == 'X';
}

}  // namespace

struct alignas(64) RankBoard::Head {
  std::atomic<std::uint32_t> generation = 0;  // rises when all have arrived
  std::atomic<std::uint32_t> arrived = 0;
};

struct alignas(64) RankBoard::Seat {
  std::atomic<std::uint64_t> beats = 0;
  std::atomic<SeatState> state = SeatState::kEmpty;
  std::atomic<pid_t> process = 0;
  std::array<char, kMessageBytes> message{};  // written before the state
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

RankBoard::RankBoard(int size, std::size_t piece_floats)
    : size_(size),
      piece_floats_((piece_floats + 15) / 16 * 16),
      num_bytes_(sizeof(Head) + static_cast<std::size_t>(size) * sizeof(Seat) +
                 static_cast<std::size_t>(size + 1) * piece_floats_ * sizeof(float)) {
  void* memory =
      mmap(nullptr, num_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fail("{} ranks: no {} bytes of memory to share: {}", size, num_bytes_, std::strerror(errno));
  }
  memory_ = static_cast<std::byte*>(memory);
  new (memory_) Head();
  for (int rank = 0; rank < size; ++rank) new (&seat(rank)) Seat();
}

RankBoard::~RankBoard() { munmap(memory_, num_bytes_); }

RankBoard::Head& RankBoard::head() const { return *reinterpret_cast<Head*>(memory_); }

RankBoard::Seat& RankBoard::seat(int rank) const {
  return reinterpret_cast<Seat*>(memory_ + sizeof(Head))[rank];
}

float* RankBoard::piece(int rank) const {
  auto* first = reinterpret_cast<float*>(memory_ + sizeof(Head) +
                                         static_cast<std::size_t>(size_) * sizeof(Seat));
  return first + static_cast<std::size_t>(rank) * piece_floats_;
}

LocalRanks::LocalRanks(std::shared_ptr<RankBoard> board, int rank,
                       std::function<void(const std::string&)> leave, RankWatchTimes times)
    : board_(take_seat(std::move(board), rank)),
      rank_(rank),
      watch_(*this, rank, board_->size(), std::move(leave), times) {}

std::shared_ptr<RankBoard> LocalRanks::take_seat(std::shared_ptr<RankBoard> board, int rank) {
  board->seat(rank).process.store(getpid());
  board->seat(rank).state.store(SeatState::kTaken);
  return board;
}

LocalRanks::~LocalRanks() {
  auto expected = SeatState::kTaken;
  board_->seat(rank_).state.compare_exchange_strong(expected, SeatState::kLeft);
}

void LocalRanks::tell_end(const std::string& cause) {
  RankBoard::Seat& seat = board_->seat(rank_);
  const std::size_t size = std::min(cause.size(), kMessageBytes - 1);
  std::memcpy(seat.message.data(), cause.data(), size);
  seat.message[size] = '\0';
  seat.state.store(SeatState::kFailed);
}

void LocalRanks::beat() { board_->seat(rank_).beats.fetch_add(1); }

std::uint64_t LocalRanks::beats_of(int rank) {
  const RankBoard::Seat& seat = board_->seat(rank);
  // Who has left in good order is missed by those only who wait for it: see meet().
  return seat.state.load() == SeatState::kLeft ? ++looks_ : seat.beats.load();
}

std::string LocalRanks::end_of(int rank) {
  const RankBoard::Seat& seat = board_->seat(rank);
  switch (seat.state.load()) {
    case SeatState::kFailed:
      return seat.message.data();
    case SeatState::kTaken:
      if (!is_dead(seat.process.load())) return "";
      // It may have left between our two looks.
      if (seat.state.load() != SeatState::kTaken) return "";
      return fmt::format("rank {} of {} (process {}) has died", rank, size(), seat.process.load());
    case SeatState::kEmpty:
    case SeatState::kLeft:
      return "";
  }
  return "";
}

// Waits for all ranks to arrive here. Error: one of them will not.
void LocalRanks::meet() {
  RankBoard::Head& head = board_->head();
  const std::uint32_t generation = head.generation.load();
  if (head.arrived.fetch_add(1) + 1 == static_cast<std::uint32_t>(size())) {
    head.arrived.store(0);
    head.generation.fetch_add(1);
    wake_all(head.generation);
    return;
  }
  // Sleeping costs less than yielding where other processes want the cores.
  for (int i = 0; i < kLooks && head.generation.load() == generation; ++i) continue;
  while (head.generation.load() == generation) {
    sleep_while(head.generation, generation);
    watch_.check();
    for (int rank = 0; rank < size(); ++rank) {
      if (board_->seat(rank).state.load() == SeatState::kLeft &&
          head.generation.load() == generation) {
        throw RankLost(fmt::format("rank {} of {} has left before the others", rank, size()),
                       rank_);
      }
    }
  }
}

void LocalRanks::gather_piece(std::span<const std::byte> own, std::size_t stride, std::byte* all) {
  std::memcpy(board_->piece(rank_), own.data(), own.size());
  meet();
  for (int rank = 0; rank < size(); ++rank) {
    std::memcpy(all + static_cast<std::size_t>(rank) * stride, board_->piece(rank), own.size());
  }
  meet();
}

void LocalRanks::gather(std::span<const std::byte> own, std::span<std::byte> all) {
  FS_CHECK(all.size() == own.size() * static_cast<std::size_t>(size()),
           "{} bytes of {} each into {}", size(), own.size(), all.size());
  const std::size_t piece = board_->piece_floats() * sizeof(float);
  for (std::size_t at = 0; at < own.size(); at += piece) {
    gather_piece(own.subspan(at, std::min(piece, own.size() - at)), own.size(), all.data() + at);
  }
}

void LocalRanks::sum_piece(std::span<float> values) {
  std::ranges::copy(values, board_->piece(rank_));
  meet();
  const std::size_t ranks = static_cast<std::size_t>(size());
  const std::size_t begin = values.size() * static_cast<std::size_t>(rank_) / ranks;
  const std::size_t end = values.size() * static_cast<std::size_t>(rank_ + 1) / ranks;
  float* sums = board_->sums();
  std::copy(board_->piece(0) + begin, board_->piece(0) + end, sums + begin);
  for (int rank = 1; rank < size(); ++rank) {
    const float* piece = board_->piece(rank);
    for (std::size_t i = begin; i < end; ++i) sums[i] += piece[i];
  }
  meet();
  std::copy_n(sums, values.size(), values.data());
}

// No third meeting: the sums of the next piece are written after all have met once more.
void LocalRanks::sum(std::span<float> values) {
  for (std::size_t at = 0; at < values.size(); at += board_->piece_floats()) {
    sum_piece(values.subspan(at, std::min(board_->piece_floats(), values.size() - at)));
  }
}

}  // namespace foresight

// Ranks that mpirun or srun started, over MPI. A library of its own, libforesight_mpi.so, loaded
// when it is needed (cluster/rank_team.cpp): the program itself runs where there is no MPI.
//
// A sum is one exchange in which each rank gets its part of the values from everybody, adds it up
// in the order of ranks, and one in which all get the sums: the bytes of a ring, (N - 1) / N of the
// values each time, and the same bits on all ranks and as over shared memory.
//
// MPI is asked for one caller at a time: the training and the watch beside it share a lock, and
// nobody waits inside MPI.
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "cluster/rank_watch.h"
#include "cluster/team_ranks.h"

namespace foresight {
namespace {

constexpr std::size_t kPieceFloats = std::size_t{1} << 20;
constexpr int kBeatTag = 1;
constexpr int kEndTag = 2;
constexpr int kBusyPolls = 100;  // before a waiting rank sleeps between two looks
constexpr std::chrono::microseconds kPause{50};
constexpr std::chrono::seconds kTimeToTell{1};

using Lock = std::lock_guard<std::mutex>;

class MpiRanks : public TeamRanks, private RankPulse {
 public:
  explicit MpiRanks(std::function<void(const std::string&)> leave);
  ~MpiRanks() override;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int num_here() const override { return num_here_; }
  int rank_here() const override { return rank_here_; }
  void gather(std::span<const std::byte> own, std::span<std::byte> all) override;
  void sum(std::span<float> values) override;
  void tell_end(const std::string& cause) override;
  std::string loss() const override { return watch_ ? watch_->loss() : ""; }

 private:
  // What has been said to and heard from another rank.
  struct Peer {
    std::uint64_t said = 0;
    std::uint64_t heard = 0;
    MPI_Request saying = MPI_REQUEST_NULL;
    std::string end;
  };
  void beat() override;
  std::uint64_t beats_of(int rank) override { return peer(rank).heard; }
  std::string end_of(int rank) override { return peer(rank).end; }
  Peer& peer(int rank) { return peers_[static_cast<std::size_t>(rank)]; }
  void find_neighbours();
  void hear();
  void say_goodbye();
  template <typename Begin>
  void carry_out(Begin begin);
  void sum_piece(std::span<float> values);

  int rank_ = 0;
  int size_ = 1;
  int num_here_ = 1;
  int rank_here_ = 0;
  MPI_Comm beats_ = MPI_COMM_NULL;  // a communicator of the watch's own
  std::mutex mutex_;
  bool is_broken_ = false;  // MPI is left alone from now on
  char beat_ = 1;
  std::vector<Peer> peers_;
  std::optional<RankWatch> watch_;
};

MpiRanks::MpiRanks(std::function<void(const std::string&)> leave) {
  int provided = MPI_THREAD_SINGLE;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
  if (provided < MPI_THREAD_SERIALIZED) fail("this MPI does not allow threads: use another one");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  MPI_Comm_dup(MPI_COMM_WORLD, &beats_);
  find_neighbours();
  peers_.resize(static_cast<std::size_t>(size_));
  watch_.emplace(static_cast<RankPulse&>(*this), rank_, size_, std::move(leave));
}

void MpiRanks::find_neighbours() {
  MPI_Comm here = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &here);
  MPI_Comm_size(here, &num_here_);
  MPI_Comm_rank(here, &rank_here_);
  MPI_Comm_free(&here);
  // Cores that the launcher gave to this rank alone are shared with nobody.
  cpu_set_t mine;
  CPU_ZERO(&mine);
  const bool is_known = sched_getaffinity(0, sizeof(mine), &mine) == 0;
  if (is_known && CPU_COUNT(&mine) < sysconf(_SC_NPROCESSORS_ONLN)) num_here_ = 1;
}

// Beats that are still under way are received, or MPI would end with open messages.
void MpiRanks::say_goodbye() {
  carry_out([](MPI_Request* request) { MPI_Ibarrier(MPI_COMM_WORLD, request); });
  watch_.reset();
  std::vector<std::uint64_t> said;
  for (const Peer& peer : peers_) said.push_back(peer.said);
  std::vector<std::uint64_t> to_hear(said.size());
  MPI_Alltoall(said.data(), 1, MPI_UINT64_T, to_hear.data(), 1, MPI_UINT64_T, MPI_COMM_WORLD);
  const auto is_missing = [&](int other) {
    return peer(other).heard < to_hear[static_cast<std::size_t>(other)];
  };
  for (int other = 0; other < size_; ++other) {
    while (is_missing(other)) hear();
    MPI_Wait(&peer(other).saying, MPI_STATUS_IGNORE);
  }
  MPI_Comm_free(&beats_);
  MPI_Finalize();
}

MpiRanks::~MpiRanks() {
  if (!is_broken_) {
    try {
      say_goodbye();
      return;
    } catch (const Error&) {
      // One has died at the last moment; the work is done.
    }
  }
  watch_.reset();
  fflush(nullptr);
}

// Begins something and looks until it is done. Error: a rank is lost meanwhile.
template <typename Begin>
void MpiRanks::carry_out(Begin begin) {
  MPI_Request request = MPI_REQUEST_NULL;
  {
    const Lock lock(mutex_);
    begin(&request);
  }
  for (int polls = 0;; ++polls) {
    int is_done = 0;
    {
      const Lock lock(mutex_);
      MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    }
    if (is_done != 0) return;
    if (polls < kBusyPolls) continue;
    std::this_thread::sleep_for(kPause);
    try {
      watch_->check();
    } catch (const RankLost&) {
      const Lock lock(mutex_);
      is_broken_ = true;  // what was begun still points into memory that is about to go
      throw;
    }
  }
}

void MpiRanks::gather(std::span<const std::byte> own, std::span<std::byte> all) {
  FS_CHECK(all.size() == own.size() * peers_.size(), "{} bytes of {} each into {}", own.size(),
           size_, all.size());
  constexpr std::size_t kPiece = kPieceFloats * sizeof(float);
  std::vector<std::byte> pieces;
  for (std::size_t at = 0; at < own.size(); at += kPiece) {
    const std::size_t count = std::min(kPiece, own.size() - at);
    pieces.resize(count * peers_.size());
    carry_out([&](MPI_Request* request) {
      MPI_Iallgather(own.data() + at, static_cast<int>(count), MPI_BYTE, pieces.data(),
                     static_cast<int>(count), MPI_BYTE, MPI_COMM_WORLD, request);
    });
    for (std::size_t other = 0; other < peers_.size(); ++other) {
      std::copy_n(pieces.data() + other * count, count, all.data() + other * own.size() + at);
    }
  }
}

void MpiRanks::sum_piece(std::span<float> values) {
  const auto ranks = static_cast<std::size_t>(size_);
  std::vector<int> counts(ranks);
  std::vector<int> begins(ranks);
  for (std::size_t other = 0; other < ranks; ++other) {
    begins[other] = static_cast<int>(values.size() * other / ranks);
    counts[other] = static_cast<int>(values.size() * (other + 1) / ranks) - begins[other];
  }
  const int own = counts[static_cast<std::size_t>(rank_)];
  const std::vector<int> own_counts(ranks, own);
  std::vector<int> own_begins(ranks);
  for (std::size_t other = 0; other < ranks; ++other)
    own_begins[other] = static_cast<int>(other) * own;
  std::vector<float> parts(static_cast<std::size_t>(own) * ranks);
  carry_out([&](MPI_Request* request) {
    MPI_Ialltoallv(values.data(), counts.data(), begins.data(), MPI_FLOAT, parts.data(),
                   own_counts.data(), own_begins.data(), MPI_FLOAT, MPI_COMM_WORLD, request);
  });
  for (std::size_t other = 1; other < ranks; ++other) {
    const float* part = parts.data() + other * static_cast<std::size_t>(own);
    for (int i = 0; i < own; ++i) parts[static_cast<std::size_t>(i)] += part[i];
  }
  carry_out([&](MPI_Request* request) {
    MPI_Iallgatherv(parts.data(), own, MPI_FLOAT, values.data(), counts.data(), begins.data(),
                    MPI_FLOAT, MPI_COMM_WORLD, request);
  });
}

void MpiRanks::sum(std::span<float> values) {
  for (std::size_t at = 0; at < values.size(); at += kPieceFloats) {
    sum_piece(values.subspan(at, std::min(kPieceFloats, values.size() - at)));
  }
}

// Each rank has one beat under way to each other at most: who does not listen is not flooded.
void MpiRanks::beat() {
  const Lock lock(mutex_);
  if (is_broken_) return;
  for (int other = 0; other < size_; ++other) {
    if (other == rank_) continue;
    int is_done = 0;
    MPI_Test(&peer(other).saying, &is_done, MPI_STATUS_IGNORE);
    if (is_done == 0) continue;
    MPI_Isend(&beat_, 1, MPI_CHAR, other, kBeatTag, beats_, &peer(other).saying);
    ++peer(other).said;
  }
  hear();
}

void MpiRanks::hear() {
  for (int is_there = 1; is_there != 0;) {
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, beats_, &is_there, &status);
    if (is_there == 0) return;
    int count = 0;
    MPI_Get_count(&status, MPI_CHAR, &count);
    std::string text(static_cast<std::size_t>(count), '\0');
    MPI_Recv(text.data(), count, MPI_CHAR, status.MPI_SOURCE, status.MPI_TAG, beats_,
             MPI_STATUS_IGNORE);
    ++peer(status.MPI_SOURCE).heard;
    if (status.MPI_TAG == kEndTag) peer(status.MPI_SOURCE).end = text;
  }
}

// As far as they are reached soon; who is not, will miss the beats.
void MpiRanks::tell_end(const std::string& cause) {
  const Lock lock(mutex_);
  if (is_broken_) return;
  std::vector<MPI_Request> requests;
  for (int other = 0; other < size_; ++other) {
    if (other == rank_) continue;
    requests.emplace_back();
    MPI_Isend(cause.data(), static_cast<int>(cause.size()), MPI_CHAR, other, kEndTag, beats_,
              &requests.back());
  }
  const auto deadline = std::chrono::steady_clock::now() + kTimeToTell;
  for (int is_done = 0; is_done == 0 && std::chrono::steady_clock::now() < deadline;) {
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &is_done, MPI_STATUSES_IGNORE);
    std::this_thread::sleep_for(kPause);
  }
  is_broken_ = true;
}

}  // namespace
}  // namespace foresight

// The one name of this library.
extern "C" foresight::TeamRanks* foresight_open_ranks(
    std::function<void(const std::string& cause)> leave) {
  return new foresight::MpiRanks(std::move(leave));
}

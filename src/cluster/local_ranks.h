// Ranks as processes of one machine that share memory. Needs no MPI.
//
//   board:  generation, arrived │ seat of rank 0: beats, state, message │ seat of rank 1 ...
//           │ what rank 0 shows │ what rank 1 shows ... │ sums
//
// Everything goes piece by piece: all write their piece, meet, read. In a sum each rank adds up its
// part of the piece for all of them in the order of ranks, they meet again and read the sums.
#pragma once

#include <sys/types.h>

#include <memory>

#include "base/ranks.h"
#include "cluster/rank_watch.h"
#include "cluster/team_ranks.h"

namespace foresight {

// The shared memory. Made before the processes part: it vanishes with the last of them.
class RankBoard {
 public:
  static constexpr std::size_t kPieceFloats = std::size_t{1} << 18;  // 1 MiB a rank
  explicit RankBoard(int size, std::size_t piece_floats = kPieceFloats);
  ~RankBoard();
  RankBoard(const RankBoard&) = delete;
  RankBoard& operator=(const RankBoard&) = delete;

  struct Head;
  struct Seat;
  int size() const { return size_; }
  std::size_t piece_floats() const { return piece_floats_; }
  Head& head() const;
  Seat& seat(int rank) const;
  float* piece(int rank) const;  // [piece_floats]
  float* sums() const { return piece(size_); }

 private:
  int size_;
  std::size_t piece_floats_;
  std::size_t num_bytes_;
  std::byte* memory_;
};

class LocalRanks : public TeamRanks, private RankPulse {
 public:
  // To be made in the process of that rank.
  LocalRanks(std::shared_ptr<RankBoard> board, int rank,
             std::function<void(const std::string& cause)> leave, RankWatchTimes times = {});
  // It has left in good order; whoever still waits for it is told.
  ~LocalRanks() override;

  int rank() const override { return rank_; }
  int size() const override { return board_->size(); }
  void gather(std::span<const std::byte> own, std::span<std::byte> all) override;
  void sum(std::span<float> values) override;
  void tell_end(const std::string& cause) override;
  std::string loss() const override { return watch_.loss(); }

 private:
  void beat() override;
  std::uint64_t beats_of(int rank) override;
  std::string end_of(int rank) override;
  static std::shared_ptr<RankBoard> take_seat(std::shared_ptr<RankBoard> board, int rank);
  void meet();
  void gather_piece(std::span<const std::byte> own, std::size_t stride, std::byte* all);
  void sum_piece(std::span<float> values);

  std::shared_ptr<RankBoard> board_;
  int rank_;
  std::uint64_t looks_ = 0;  // at those who have left
  RankWatch watch_;          // last: its thread uses the rest
};

}  // namespace foresight

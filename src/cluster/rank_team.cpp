#include "cluster/rank_team.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "cluster/gpu_ranks.h"
#include "cluster/local_ranks.h"
#include "cluster/own_library.h"
#include "cluster/rank_launch.h"
#include "train/exit_record.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr int kUserError = 2;
// Rank 0 waits so long for the others to end: what they still do when all went well, and what they
// need to say why they stop when it did not.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::seconds kPatienceAfterFailure{3};

using Leave = std::function<void(const std::string& cause)>;

std::unique_ptr<TeamRanks> open_mpi(const RankLaunch& launch, Leave leave) {
  const OwnLibrary library("libforesight_mpi.so");
  using Open = TeamRanks* (*)(Leave);
  const auto open = reinterpret_cast<Open>(library.find("foresight_open_ranks"));
  if (open == nullptr) {
    fail(
        "{} started this as process {} of {}, but MPI cannot be used: {}\n  Install MPI "
        "(libopenmpi-dev, openmpi-bin) and build again, or start the ranks of one machine without "
        "it: foresight train ... ranks={}",
        launch.by, launch.rank, launch.size, library.problem(), launch.size);
  }
  std::unique_ptr<TeamRanks> ranks(open(std::move(leave)));
  if (ranks->size() != launch.size || ranks->rank() != launch.rank) {
    fail(
        "{} started this as process {} of {}, but MPI knows it as {} of {}: the MPI that it was "
        "built with is another one than {}'s",
        launch.by, launch.rank, launch.size, ranks->rank(), ranks->size(), launch.by);
  }
  return ranks;
}

void silence_output() {
  fflush(stdout);
  const int nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  close(nothing);
}

std::int64_t num_threads() {
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

// With a GPU for each rank of this machine, each sees its own; whoever started us may have seen to
// that already.
void choose_gpu(const TeamRanks& ranks) {
  if (!environment_value("CUDA_VISIBLE_DEVICES").empty()) return;
  int num_gpus = 0;
  while (fs::exists(fmt::format("/dev/nvidia{}", num_gpus))) ++num_gpus;
  if (num_gpus < ranks.num_here() || num_gpus < 2) return;
  setenv("CUDA_VISIBLE_DEVICES", std::to_string(ranks.rank_here()).c_str(), 1);
}

}  // namespace

RankTeam::RankTeam(std::int64_t num_ranks) {
  const auto launch = find_launch();
  check_launch(launch, num_ranks);
  if (num_ranks == 1) {
    ranks_ = std::make_unique<SingleRank>();
    return;
  }
  if (launch) {
    take(open_mpi(*launch, [this](const std::string& cause) { leave(cause); }));
  } else {
    split_off(static_cast<int>(num_ranks));
  }
  choose_gpu(*team_);
  if (team_->rank() != 0) silence_output();
}

void RankTeam::split_off(int num_ranks) {
  FS_CHECK(num_threads() == 1, "{} threads while ranks are split off", num_threads());
  auto board = std::make_shared<RankBoard>(num_ranks);
  fflush(nullptr);  // or each would write what waits
  int rank = 0;
  for (int other = 1; other < num_ranks && rank == 0; ++other) {
    const pid_t process = fork();
    if (process < 0) fail("cannot start rank {} of {}: {}", other, num_ranks, std::strerror(errno));
    if (process == 0) {
      children_.clear();
      rank = other;
    } else {
      children_.push_back(process);
    }
  }
  take(std::make_unique<LocalRanks>(std::move(board), rank,
                                    [this](const std::string& cause) { leave(cause); }));
}

void RankTeam::take(std::unique_ptr<TeamRanks> ranks) {
  team_ = ranks.get();
  ranks_ = std::make_unique<GpuRanks>(std::move(ranks));
}

RankTeam::~RankTeam() {
  ranks_.reset();
  await_children();
}

void RankTeam::record_in(const fs::path& run_folder) {
  const std::lock_guard lock(mutex_);
  run_folder_ = run_folder;
}

// In the watch's thread, while the training is busy with something that needs nobody: its last
// checkpoint is whole, so it may end anywhere.
void RankTeam::leave(const std::string& cause) {
  const RankLost lost(cause, team_->rank());
  fmt::print(stderr, "error: {}\n", lost.what());
  say_how_to_go_on(cause);
  try {
    const std::lock_guard lock(mutex_);
    if (!run_folder_.empty()) {
      ExitRecord record{.ending = Ending::kFailed};
      record.message = lost.what();
      write_exit_record(run_folder_, record);
    }
  } catch (const Error&) {
    // Said already, and nobody is left to tell.
  }
  for (const pid_t child : children_) kill(child, SIGKILL);
  fflush(nullptr);
  _exit(kUserError);
}

int RankTeam::run(const std::function<int(Ranks&)>& work) {
  try {
    return work(*ranks_);
  } catch (const std::exception& problem) {
    if (team_ != nullptr) tell_end(problem.what());
    throw;
  }
}

// Whatever it stopped with: if a rank is lost, that is why.
void RankTeam::tell_end(const std::string& problem) {
  has_failed_ = true;
  const std::string loss = team_->loss();
  if (!loss.empty()) say_how_to_go_on(loss);
  team_->tell_end(!loss.empty() ? loss
                                : fmt::format("rank {} of {} failed: {}", team_->rank(),
                                              team_->size(), problem));
}

// Once: rank 0 does, or rank 1 where that is the one that is lost.
void RankTeam::say_how_to_go_on(const std::string& loss) {
  const int speaker = loss.starts_with("rank 0 ") ? 1 : 0;
  const std::lock_guard lock(mutex_);
  if (team_->rank() != speaker || run_folder_.empty()) return;
  fmt::print(stderr, "go on from the last checkpoint with: foresight resume {}\n",
             run_folder_.string());
}

fs::path path_of_first(Ranks& ranks, const std::function<fs::path()>& find) {
  return gather_texts(ranks, ranks.rank() == 0 ? find().string() : "").front();
}

void RankTeam::await_children() {
  const auto deadline =
      std::chrono::steady_clock::now() + (has_failed_ ? kPatienceAfterFailure : kPatience);
  for (const pid_t child : children_) {
    while (waitpid(child, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) kill(child, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

}  // namespace foresight

// This process as one of the ranks that train together. Begun by mpirun or srun they find each
// other over MPI; otherwise rank 0 splits off the others, and they share memory.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cluster/team_ranks.h"

namespace foresight {

class RankTeam {
 public:
  // num_ranks: of the config. Where processes are split off, the constructor returns in each of
  // them; nothing may run beside the calling thread. Standard output is rank 0's. Error: another
  // number was started, or there is no MPI.
  explicit RankTeam(std::int64_t num_ranks);
  // Rank 0 waits for the processes that it split off, and ends those that do not end themselves.
  ~RankTeam();
  RankTeam(const RankTeam&) = delete;
  RankTeam& operator=(const RankTeam&) = delete;

  Ranks& ranks() const { return *ranks_; }
  // Where the end of this process is recorded if it must leave because another rank is lost.
  void record_in(const std::filesystem::path& run_folder);
  // What `work` returns. If it throws, the others are told, and the error passes through.
  int run(const std::function<int(Ranks& ranks)>& work);

 private:
  void split_off(int num_ranks);
  void take(std::unique_ptr<TeamRanks> ranks);
  void leave(const std::string& cause);
  void tell_end(const std::string& problem);
  void say_how_to_go_on(const std::string& loss);
  void await_children();

  TeamRanks* team_ = nullptr;  // null: alone
  std::unique_ptr<Ranks> ranks_;
  std::vector<pid_t> children_;
  bool has_failed_ = false;
  std::mutex mutex_;
  std::filesystem::path run_folder_;
};

// Rank 0 finds a path, and all know it.
std::filesystem::path path_of_first(Ranks& ranks,
                                    const std::function<std::filesystem::path()>& find);

}  // namespace foresight

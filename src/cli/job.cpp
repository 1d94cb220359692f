#include <csignal>

#include "base/error.h"
#include "cli/command.h"
#include "cluster/job_process.h"
#include "cluster/slurm.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

// The batch script's and the local queue's word: trains one run as a job.
class JobCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "a run's folder")->required();
  }

  int run() override {
    const ExitRecord record = run_job(find_run(run_));
    fmt::print("{}: {}\n", run_, describe_ending(record));
    // Out of time, as --signal=B:USR1@300 of the batch script says. What SLURM preempts it requeues
    // itself, and what somebody cancels stays cancelled.
    const bool is_out_of_time = record.ending == Ending::kStopped && record.signal == SIGUSR1;
    if (is_out_of_time && requeue_own_job()) return 0;
    return exit_status_of(record);
  }

 private:
  std::string run_;
};

FS_REGISTER_WORD("job", JobCommand, "trains one run of a sweep; what jobs are made of",
                 "foresight job runs/20261121-151341_quick/000_seed-1");

}  // namespace
}  // namespace foresight

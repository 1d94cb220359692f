#include "cluster/job_process.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>

#include "base/error.h"
#include "cluster/process.h"

namespace foresight {
namespace {

// A handler may touch nothing else.
volatile pid_t watched_process = 0;

void pass_on(int number) {
  if (watched_process > 0) kill(watched_process, number);
}

// While one lives, signals that ask to stop are passed on.
class PassedSignals {
 public:
  PassedSignals() {
    sigset_t signals = signals_to_pass();
    // None may come before there is a process to pass it on to.
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    struct sigaction action{};
    action.sa_handler = pass_on;
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
  }
  ~PassedSignals() {
    watched_process = 0;
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) signal(number, SIG_DFL);
  }
  PassedSignals(const PassedSignals&) = delete;
  PassedSignals& operator=(const PassedSignals&) = delete;

  static void begin(pid_t process) {
    watched_process = process;
    sigset_t signals = signals_to_pass();
    sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  }

 private:
  static sigset_t signals_to_pass() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, number);
    return signals;
  }
};

// The last error message of a file that a run's processes have appended to, one after another, with
// the lines below it; the last line where there is none.
std::string last_error_in(const std::filesystem::path& output) {
  std::string message;
  for (const std::string& line : last_lines_of(output, 10)) {
    if (line.starts_with("error: ") || !message.starts_with("error: ")) message.clear();
    message += (message.empty() ? "" : "\n") + line;
  }
  return message;
}

// What the run wrote itself, or what can be said of a process that could not.
ExitRecord ending_of(const std::filesystem::path& run_folder, int status, bool is_memory_short) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return {.ending = Ending::kKilled,
            .time = {},
            .host = {},
            .signal = number,
            .out_of_memory = number == SIGKILL && is_memory_short,
            .message = {},
            .last_lines = {}};
  }
  if (const auto record = read_exit_record(run_folder)) return *record;
  return {.ending = WEXITSTATUS(status) == 0 ? Ending::kDone : Ending::kFailed,
          .time = {},
          .host = {},
          .message = last_error_in(run_folder / "output.txt"),
          .last_lines = {}};
}

}  // namespace

ExitRecord run_job(const std::filesystem::path& run_folder) {
  const PassedSignals signals;
  remove_exit_record(run_folder);
  const long memory_kills = num_memory_kills();
  const pid_t process =
      begin_program({own_program().string(), "resume", run_folder.string(), "--as-job"},
                    run_folder / "output.txt");
  PassedSignals::begin(process);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  const ExitRecord record = ending_of(run_folder, status, num_memory_kills() > memory_kills);
  write_exit_record(run_folder, record);
  return record;
}

int exit_status_of(const ExitRecord& record) {
  switch (record.ending) {
    case Ending::kDone:
      return 0;
    case Ending::kFailed:
      return 2;
    default:
      return 128 + record.signal;
  }
}

}  // namespace foresight

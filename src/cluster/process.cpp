#include "cluster/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kNoSuchProgram = 127;

std::vector<char*> arguments_of(std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return arguments;
}

struct Pipe {
  int reader = -1;
  int writer = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe: {}", std::strerror(errno));
  return {.reader = ends[0], .writer = ends[1]};
}

pid_t wait_for(pid_t process, int& status) {
  pid_t result = 0;
  do {
    result = waitpid(process, &status, 0);
  } while (result < 0 && errno == EINTR);
  return result;
}

// Both at once: a program that fills one pipe while we wait for the other would hang.
void read_both(const Pipe& output, const Pipe& error, ProgramResult& result) {
  std::array<pollfd, 2> files{{{.fd = output.reader, .events = POLLIN, .revents = 0},
                               {.fd = error.reader, .events = POLLIN, .revents = 0}}};
  std::array<std::string*, 2> texts{&result.output, &result.error};
  std::array<char, 4096> buffer{};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    if (poll(files.data(), files.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].fd < 0 || files[i].revents == 0) continue;
      const ssize_t size = read(files[i].fd, buffer.data(), buffer.size());
      if (size > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(size));
      } else if (size == 0 || errno != EINTR) {
        files[i].fd = -1;
      }
    }
  }
}

// In a new process: never comes back.
[[noreturn]] void become(std::vector<char*>& arguments) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvp(arguments[0], arguments.data());
  _exit(kNoSuchProgram);
}

int open_output(const std::filesystem::path& output) {
  const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) fail("{}: cannot write: {}", output.string(), std::strerror(errno));
  return file;
}

void redirect(int output) {
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& words) {
  auto copy = words;
  auto arguments = arguments_of(copy);
  const Pipe output = make_pipe();
  const Pipe error = make_pipe();
  const pid_t process = fork();
  if (process < 0) fail("cannot start {}: {}", words.front(), std::strerror(errno));
  if (process == 0) {
    dup2(output.writer, STDOUT_FILENO);
    dup2(error.writer, STDERR_FILENO);
    become(arguments);
  }
  close(output.writer);
  close(error.writer);
  ProgramResult result;
  read_both(output, error, result);
  close(output.reader);
  close(error.reader);
  int status = 0;
  wait_for(process, status);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

pid_t begin_program(const std::vector<std::string>& words, const std::filesystem::path& output) {
  auto copy = words;
  auto arguments = arguments_of(copy);
  const int file = open_output(output);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(kNoSuchProgram);  // it died before we asked to be told
    redirect(file);
    become(arguments);
  }
  close(file);
  if (process < 0) fail("cannot start {}: {}", words.front(), std::strerror(errno));
  return process;
}

void begin_detached_program(const std::vector<std::string>& words,
                            const std::filesystem::path& output) {
  auto copy = words;
  auto arguments = arguments_of(copy);
  const int file = open_output(output);
  const pid_t process = fork();
  if (process == 0) {
    // Twice, so that nobody has to wait for it.
    setsid();
    if (fork() != 0) _exit(0);
    redirect(file);
    become(arguments);
  }
  close(file);
  if (process < 0) fail("cannot start {}: {}", words.front(), std::strerror(errno));
  int status = 0;
  wait_for(process, status);
}

std::filesystem::path own_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

long num_memory_kills() {
  std::ifstream in("/proc/vmstat");
  std::string name;
  for (long count = 0; in >> name >> count;) {
    if (name == "oom_kill") return count;
  }
  return -1;
}

}  // namespace foresight

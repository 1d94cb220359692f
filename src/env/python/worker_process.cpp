#include "env/python/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace foresight {
namespace {

// As python/foresight_worker.py has them.
constexpr int kChannelFd = 3;
constexpr int kMemoryFd = 4;
constexpr int kFirstFreeFd = 10;  // ours lie above, so that none is overwritten on the way
constexpr std::size_t kMaxMessage = 1 << 16;
constexpr std::size_t kKeptOutput = 16384;  // bytes of what a worker printed
constexpr std::size_t kShownLines = 25;

using Clock = std::chrono::steady_clock;

OwnedFd checked(int fd, std::string_view what) {
  if (fd < 0) fail("cannot make {} for a worker: {}", what, std::strerror(errno));
  OwnedFd low(fd);
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, kFirstFreeFd);
  if (high < 0) fail("cannot make {} for a worker: {}", what, std::strerror(errno));
  return OwnedFd(high);
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int OwnedFd::release() { return std::exchange(fd_, -1); }

void OwnedFd::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

WorkerProcess::WorkerProcess(const std::filesystem::path& python,
                             const std::filesystem::path& script)
    : message_(kMaxMessage) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail("cannot make a channel for a worker: {}", std::strerror(errno));
  }
  channel_ = checked(ends[0], "a channel");
  const OwnedFd its_channel = checked(ends[1], "a channel");
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    fail("cannot make a pipe for a worker: {}", std::strerror(errno));
  }
  output_ = checked(ends[0], "a pipe");
  const OwnedFd its_output = checked(ends[1], "a pipe");
  // Only our end of the pipe must not block: a worker that prints much waits until we read.
  fcntl(its_output.get(), F_SETFL, 0);
  memory_fd_ = checked(memfd_create("foresight", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memory");
  start(python, script, its_channel.get(), its_output.get());
}

WorkerProcess::~WorkerProcess() {
  if (pid_ != 0) finish();
  if (memory_ != nullptr) munmap(memory_, memory_size_);
}

// In a group of its own, and deaf to what asks the program to stop: the program then saves, and
// needs its workers for it.
void WorkerProcess::start(const std::filesystem::path& python, const std::filesystem::path& script,
                          int channel_end, int output_end) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output_end, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, channel_end, kChannelFd);
  posix_spawn_file_actions_adddup2(&actions, memory_fd_.get(), kMemoryFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&blocked, signal);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  std::string program = python.string();
  std::string file = script.string();
  // faulthandler: a crash leaves its Python lines in the output.
  std::array<char, 3> option{"-X"};
  std::string handler = "faulthandler";
  std::array<char*, 5> arguments{program.data(), option.data(), handler.data(), file.data(),
                                 nullptr};
  const int problem =
      posix_spawn(&pid_, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (problem == 0) return;
  pid_ = 0;
  fail("cannot start {}: {}", program, std::strerror(problem));
}

void WorkerProcess::send(std::string_view message) {
  ssize_t sent = 0;
  do {
    sent = ::send(channel_.get(), message.data(), message.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  const bool is_gone = sent < 0 && (errno == EPIPE || errno == ECONNRESET);
  FS_CHECK(sent >= 0 || is_gone, "cannot send {} bytes to a worker: {}", message.size(),
           std::strerror(errno));
}

// Time is counted in slices: while both processes are stopped and go on later, at most one passes.
std::string_view WorkerProcess::receive(double timeout_s) {
  constexpr double kSliceMs = 1000.0;
  double left_ms = 1000.0 * timeout_s;
  for (;;) {
    std::array<pollfd, 2> fds{{{.fd = channel_.get(), .events = POLLIN, .revents = 0},
                               {.fd = output_.get(), .events = POLLIN, .revents = 0}}};
    const double slice_ms = std::min(left_ms, kSliceMs);
    const auto begin = Clock::now();
    const int num_ready = poll(fds.data(), fds.size(), static_cast<int>(std::ceil(slice_ms)));
    const bool is_answered = num_ready > 0 && fds[0].revents != 0;
    const std::chrono::duration<double, std::milli> waited = Clock::now() - begin;
    if (!is_answered && left_ms <= 0.0) {
      finish();
      throw WorkerFault(fmt::format("gave no answer in {:g} s", timeout_s));
    }
    left_ms -= std::min(waited.count(), slice_ms);
    if (num_ready <= 0) continue;  // the time is over, or a signal of ours came
    if ((fds[1].revents & POLLIN) != 0) read_output();
    if ((fds[1].revents & (POLLIN | POLLHUP)) == POLLHUP) output_.reset();  // it closed it
    if (!is_answered) continue;
    const ssize_t size = recv(channel_.get(), message_.data(), message_.size(), MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) throw WorkerFault(finish());
    if (static_cast<std::size_t>(size) > message_.size()) {
      throw WorkerFault(fmt::format("sent a message of {} bytes", size));
    }
    return {message_.data(), static_cast<std::size_t>(size)};
  }
}

void WorkerProcess::share_memory(std::size_t size) {
  FS_CHECK(memory_ == nullptr && size > 0, "memory of {} bytes for a worker", size);
  // Sealed: a worker that cut it would take the program down with it.
  if (ftruncate(memory_fd_.get(), static_cast<off_t>(size)) != 0 ||
      fcntl(memory_fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    fail("cannot make {} bytes of memory for a worker: {}", size, std::strerror(errno));
  }
  void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd_.get(), 0);
  if (mapped == MAP_FAILED) {
    fail("cannot map {} bytes of memory for a worker: {}", size, std::strerror(errno));
  }
  memory_ = static_cast<std::byte*>(mapped);
  memory_size_ = size;
}

void WorkerProcess::read_output() {
  std::array<char, 4096> part{};
  // Not for ever: it may print faster than this reads.
  for (std::size_t total = 0; output_.get() >= 0 && total < kKeptOutput;) {
    const ssize_t size = read(output_.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    total += static_cast<std::size_t>(size);
    printed_.append(part.data(), static_cast<std::size_t>(size));
    if (printed_.size() > 2 * kKeptOutput) printed_.erase(0, printed_.size() - kKeptOutput);
  }
}

std::string WorkerProcess::last_lines() {
  read_output();
  std::string text = printed_;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < kShownLines && begin != 0 && begin != std::string::npos;
       ++lines) {
    begin = text.rfind('\n', begin - 1);
  }
  if (begin != 0 && begin != std::string::npos) text.erase(0, begin + 1);
  if (text.empty()) return text;
  std::string indented = "    ";
  for (const char letter : text) {
    indented += letter;
    if (letter == '\n') indented += "    ";
  }
  return indented;
}

std::string WorkerProcess::finish() {
  int status = 0;
  kill(pid_, SIGKILL);  // no matter if it is ending: how it ends is then settled
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return describe_end(status);
}

}  // namespace foresight

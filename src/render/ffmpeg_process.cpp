#include "render/ffmpeg_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.h"

extern char** environ;

namespace foresight {
namespace {

constexpr std::size_t kLastWords = 600;  // bytes of ffmpeg's messages shown in an error

// Starts ffmpeg; returns 0 or the number of the error.
int spawn(const std::vector<std::string>& arguments, int input, int messages, pid_t& process) {
  std::vector<char*> argv;
  std::string name = "ffmpeg";
  argv.push_back(name.data());
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.data()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
  // In a process group of its own: Ctrl-C in the terminal is for us, and we may finish the video.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int problem = posix_spawnp(&process, "ffmpeg", &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}

std::string tail_of(int file) {
  const off_t size = lseek(file, 0, SEEK_END);
  const off_t start = size > static_cast<off_t>(kLastWords) ? size - kLastWords : 0;
  std::string text(static_cast<std::size_t>(size - start), '\0');
  const ssize_t length = pread(file, text.data(), text.size(), start);
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

}  // namespace

FfmpegProcess::FfmpegProcess(const std::vector<std::string>& arguments) {
  // A socket instead of a pipe: send() can be told not to raise SIGPIPE.
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    fail("cannot make a pipe to ffmpeg: {}", std::strerror(errno));
  }
  input_ = ends[0];
  messages_ = memfd_create("ffmpeg-messages", MFD_CLOEXEC);
  const int problem = messages_ < 0 ? errno : spawn(arguments, ends[1], messages_, process_);
  close(ends[1]);
  if (problem == 0) return;
  process_ = 0;
  close_input();
  if (messages_ >= 0) close(messages_);
  if (problem == ENOENT) {
    fail(
        "cannot make a video: the program ffmpeg is not on PATH\n  install it: apt install ffmpeg");
  }
  fail("cannot start ffmpeg: {}", std::strerror(problem));
}

FfmpegProcess::~FfmpegProcess() {
  close_input();
  if (process_ != 0) {
    kill(process_, SIGKILL);
    wait();
  }
  close(messages_);
}

void FfmpegProcess::send(std::span<const std::uint8_t> bytes) {
  FS_CHECK(input_ >= 0, "ffmpeg's input has been closed");
  while (!bytes.empty()) {
    const ssize_t sent = ::send(input_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      close_input();
      fail_with_last_words(wait());
    }
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

void FfmpegProcess::finish() {
  close_input();
  const int status = wait();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_with_last_words(status);
}

void FfmpegProcess::close_input() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

int FfmpegProcess::wait() {
  FS_CHECK(process_ != 0, "no ffmpeg is running");
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
  return status;
}

void FfmpegProcess::fail_with_last_words(int status) {
  const std::string end = WIFSIGNALED(status)
                              ? fmt::format("was ended by signal {}", WTERMSIG(status))
                              : fmt::format("ended with exit code {}", WEXITSTATUS(status));
  const std::string words = tail_of(messages_);
  fail("cannot make the video: ffmpeg {}{}{}", end, words.empty() ? " and said nothing" : ":\n",
       words);
}

}  // namespace foresight

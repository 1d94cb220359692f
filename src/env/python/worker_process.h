// A Python process with a channel to talk through and memory to share. It dies with the program,
// however that ends, and leaves nothing behind: the memory has no name, the kernel kills the
// process with the thread that started it (PR_SET_PDEATHSIG), and the end of the channel ends it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

// A worker died, hung or sent what it should not. Whoever has the worker can start another one.
class WorkerFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A descriptor that closes itself.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd() { reset(); }
  int get() const { return fd_; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

class WorkerProcess {
 public:
  // Starts `python script`; does not wait for it. Error: it cannot be started.
  WorkerProcess(const std::filesystem::path& python, const std::filesystem::path& script);
  // Kills it.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const { return pid_; }
  // A worker that is gone is noticed by the next receive(). At most 64 KB.
  void send(std::string_view message);
  // Waits for a message; valid until the next call. WorkerFault: none comes within `timeout_s`, or
  // the worker is gone; it is killed, and the text says how it ended.
  std::string_view receive(double timeout_s);

  // Gives both sides `size` bytes, zeroed; once.
  void share_memory(std::size_t size);
  std::byte* memory() const { return memory_; }

  // What it printed last, each line indented; empty: nothing.
  std::string last_lines();

 private:
  void start(const std::filesystem::path& python, const std::filesystem::path& script,
             int channel_end, int output_end);
  void read_output();
  // How it ended, for messages.
  std::string finish();

  pid_t pid_ = 0;
  OwnedFd channel_;
  OwnedFd output_;
  OwnedFd memory_fd_;
  std::byte* memory_ = nullptr;
  std::size_t memory_size_ = 0;
  std::vector<char> message_;
  std::string printed_;  // the end of it
};

}  // namespace foresight

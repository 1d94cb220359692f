// A running ffmpeg that reads its input from us. Started without a shell; a broken pipe is an
// Error, never a signal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace foresight {

class FfmpegProcess {
 public:
  // arguments: all after the program's name; its input is "pipe:0". Error if ffmpeg is not on PATH.
  explicit FfmpegProcess(const std::vector<std::string>& arguments);
  // Kills it if it still runs.
  ~FfmpegProcess();
  FfmpegProcess(const FfmpegProcess&) = delete;
  FfmpegProcess& operator=(const FfmpegProcess&) = delete;

  // Waits while ffmpeg is busy. Error with its last words if it has ended.
  void send(std::span<const std::uint8_t> bytes);
  // Ends its input and waits for it. Error with its last words unless it succeeded.
  void finish();

 private:
  void close_input();
  int wait();  // returns the status of waitpid
  [[noreturn]] void fail_with_last_words(int status);

  pid_t process_ = 0;  // 0: none
  int input_ = -1;     // our end of a socket pair, ffmpeg's standard input is the other
  int messages_ = -1;  // file in memory that is its standard error
};

}  // namespace foresight

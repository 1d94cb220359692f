#include "cli/peer_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace foresight {

PeerProcess::PeerProcess(const std::vector<std::string>& words) : name_(words.at(0)) {
  std::array<int, 2> to_peer{};
  std::array<int, 2> from_peer{};
  if (pipe2(to_peer.data(), O_CLOEXEC) != 0 || pipe2(from_peer.data(), O_CLOEXEC) != 0) {
    fail("cannot make a pipe: {}", std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_peer[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_peer[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.data()));
  arguments.push_back(nullptr);
  const int problem =
      posix_spawnp(&process_, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(to_peer[0]);
  close(from_peer[1]);
  input_ = fdopen(to_peer[1], "w");
  output_ = fdopen(from_peer[0], "r");
  if (problem != 0) {
    process_ = 0;
    std::fclose(input_);
    std::fclose(output_);
    fail("cannot start {}: {}", name_, std::strerror(problem));
  }
  greeting_ = std::make_unique<nlohmann::json>(read_line());
}

PeerProcess::~PeerProcess() {
  if (process_ == 0) return;
  std::fclose(input_);
  std::fclose(output_);
  waitpid(process_, nullptr, 0);
}

nlohmann::json PeerProcess::ask() {
  if (std::fputs("\n", input_) < 0 || std::fflush(input_) != 0) fail("{} has ended", name_);
  return read_line();
}

nlohmann::json PeerProcess::read_line() {
  std::string line;
  for (int letter; (letter = std::fgetc(output_)) != EOF && letter != '\n';) {
    line += static_cast<char>(letter);
  }
  try {
    return nlohmann::json::parse(line);
  } catch (const nlohmann::json::exception&) {
    fail("{}: expected a line of JSON, found \"{}\" (its messages are above)", name_, line);
  }
}

}  // namespace foresight

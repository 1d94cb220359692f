#include "actors/actor_children.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "cluster/process.h"
#include "train/exit_record.h"

namespace foresight {
namespace {

constexpr int kMostDeathsInARow = 3;
constexpr std::size_t kShownLines = 15;
constexpr auto kTimeToEnd = std::chrono::seconds(10);
constexpr const char* kOutput = "output.txt";

// True: it has ended, and is waited for.
bool has_ended(pid_t process, int& status) {
  pid_t result = 0;
  do {
    result = waitpid(process, &status, WNOHANG);
  } while (result < 0 && errno == EINTR);
  return result != 0;
}

std::string ending_text(int status) {
  if (WIFSIGNALED(status)) return "killed by " + signal_name(WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

void ActorChildren::begin() {
  for (std::int64_t i = 0; i < settings_.count; ++i) {
    children_.push_back({.name = fmt::format("actor{}", i)});
    start(children_.back());
  }
}

void ActorChildren::start(Child& child) const {
  std::filesystem::create_directories(folder_of(child));
  child.process =
      begin_program({own_program().string(), "actor", settings_.address, "--name", child.name,
                     "--spool", (folder_of(child) / "spool").string(), "--of-learner"},
                    folder_of(child) / kOutput);
}

void ActorChildren::tend() {
  for (Child& child : children_) {
    int status = 0;
    if (child.process <= 0 || !has_ended(child.process, status)) continue;
    child.process = 0;
    if (settings_.should_stop()) continue;  // the signal that stops us was theirs, too
    note_death(child, status);
    start(child);
  }
}

void ActorChildren::note_death(Child& child, int status) {
  ++child.deaths_in_a_row;
  std::string text = fmt::format("{} died ({})", child.name, ending_text(status));
  if (child.deaths_in_a_row < kMostDeathsInARow) {
    settings_.say(text + "; it is started anew");
    return;
  }
  for (const std::string& line : last_lines_of(folder_of(child) / kOutput, kShownLines)) {
    text += "\n  | " + line;
  }
  fail("{}\n  {} deaths in a row, without an episode between them; its output is {}", text,
       child.deaths_in_a_row, (folder_of(child) / kOutput).string());
}

void ActorChildren::note_episode(const std::string& name) {
  for (Child& child : children_) {
    if (child.name == name) child.deaths_in_a_row = 0;
  }
}

ActorChildren::~ActorChildren() {
  for (const Child& child : children_) {
    if (child.process > 0) kill(child.process, SIGTERM);
  }
  const auto deadline = std::chrono::steady_clock::now() + kTimeToEnd;
  for (const Child& child : children_) {
    int status = 0;
    while (child.process > 0 && !has_ended(child.process, status)) {
      if (std::chrono::steady_clock::now() > deadline) kill(child.process, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

}  // namespace foresight

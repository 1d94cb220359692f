// The actors that a learner starts itself: processes of this program on this machine, started anew
// when they die and gone when the learner is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace foresight {

class ActorChildren {
 public:
  struct Settings {
    std::int64_t count = 1;
    std::string address;           // HOST:PORT of the learner
    std::filesystem::path folder;  // of the run's actors
    std::function<void(const std::string& line)> say;
    std::function<bool()> should_stop;
  };
  explicit ActorChildren(Settings settings) : settings_(std::move(settings)) {}
  ~ActorChildren();
  ActorChildren(const ActorChildren&) = delete;
  ActorChildren& operator=(const ActorChildren&) = delete;

  void begin();
  // Starts those anew that died. Error: one died three times in a row, with its last words.
  void tend();
  // An episode of this actor has come: it works.
  void note_episode(const std::string& name);

 private:
  struct Child {
    std::string name;
    pid_t process = 0;
    int deaths_in_a_row = 0;
  };
  void start(Child& child) const;
  void note_death(Child& child, int status);
  std::filesystem::path folder_of(const Child& child) const {
    return settings_.folder / child.name;
  }

  Settings settings_;
  std::vector<Child> children_;
};

}  // namespace foresight

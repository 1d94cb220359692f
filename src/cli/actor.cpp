#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "actors/actor_run.h"
#include "base/error.h"
#include "cli/command.h"
#include "train/actor_address.h"

namespace foresight {
namespace {

std::string default_name() {
  std::array<char, 65> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("{}-{}", host.data(), getpid());
}

class ActorCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ADDRESS", address_, "HOST:PORT of a learner (train.actor_address)")->required();
    app.add_option("--name", name_,
                   "by which the learner knows it when it is started anew (default: host-process)");
    app.add_option("--spool", spool_,
                   "folder of finished episodes on their way (default: a temporary one)");
    app.add_flag("--of-learner", is_of_learner_, "started by the learner, which stops it");
  }

  int run() override {
    if (is_of_learner_) std::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the learner
    const char* token = std::getenv("FORESIGHT_ACTOR_TOKEN");
    if (token == nullptr) {
      fail("FORESIGHT_ACTOR_TOKEN is not set; a run with actors keeps its token in actors/token");
    }
    const ActorAddress address = parse_actor_address(address_);
    if (address.port == 0) fail("foresight actor: port 0 is none");
    ActorRun({.host = address.host,
              .port = address.port,
              .token = token,
              .name = name_.empty() ? default_name() : name_,
              .folder = spool_})
        .run();
    return 0;
  }

 private:
  std::string address_;
  std::string name_;
  std::string spool_;
  bool is_of_learner_ = false;
};

FS_REGISTER_WORD("actor", ActorCommand, "plays for a learner on this or another machine",
                 "FORESIGHT_ACTOR_TOKEN=$(cat runs/RUN/actors/token) foresight actor node7:5000");

}  // namespace
}  // namespace foresight

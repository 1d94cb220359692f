#include "base/compute_library.h"
#include "cli/command.h"
#include "train/build_info.h"

namespace foresight {
namespace {

class VersionCommand : public Command {
 public:
  void declare(CLI::App&) override {}
  int run() override {
    fmt::print("foresight {} (commit {})\n", program_version(), program_commit());
    const auto& libraries = ComputeLibraries::instance();
    for (const std::string& name : libraries.names()) {
      fmt::print("{} {}\n", name, libraries.find(name, "library").version());
    }
    if (libraries.names().empty()) fmt::print("built without LibTorch\n");
    const auto features = cpu_features();
    fmt::print("CPU features: {}\n", features.empty()
                                         ? "none that matter here"
                                         : fmt::format("{}", fmt::join(features, " ")));
    return 0;
  }
};

FS_REGISTER_WORD("version", VersionCommand, "version, commit, libraries, CPU features",
                 "foresight --version");

}  // namespace
}  // namespace foresight

// A program that is killed leaves no worker process and no shared memory behind.
#include <gtest/gtest.h>

#include "cli/small_run.h"
#include "env/python/processes.h"
#include "env/python/python_envs.h"

namespace foresight {
namespace {

class Orphans : public SmallRun {
 protected:
  void SetUp() override {
    SmallRun::SetUp();
    FS_SKIP_WITHOUT_PYTHON();
  }

  // Starts an endless run, kills it when its two workers are ready, and waits for their ends.
  // `ready`: a file that must be there, too; empty: none.
  void kill_program(const std::string& env, int signal, const fs::path& ready = {}) {
    const std::string config =
        write("endless.toml", "name = \"endless\"\n[env]\n" + env +
                                  "\n[agent]\nid = \"random\"\n[train]\nsteps = 1e12\n"
                                  "num_games = 2\n[eval]\nevery_steps = 0\n")
            .string();
    const pid_t program = start({"train", config, "--run-dir", (folder_ / "run").string()});
    std::vector<pid_t> workers;
    ASSERT_TRUE(wait_until([&] {
      workers = children_of(program);
      return workers.size() == 2 && maps(workers[0]).find(kMemory) != std::string::npos &&
             maps(workers[1]).find(kMemory) != std::string::npos;
    })) << said();
    ASSERT_TRUE(ready.empty() || wait_until([&] { return fs::exists(ready); })) << said();
    std::vector<int> handles;
    for (const pid_t worker : workers) {
      EXPECT_EQ(maps(worker).find("/dev/shm"), std::string::npos);  // it has no name to be left
      handles.push_back(open_process(worker));
      ASSERT_GE(handles.back(), 0);
    }
    kill(program, signal);
    wait_for(program);
    for (const int handle : handles) EXPECT_TRUE(ends(handle));
  }

 private:
  static constexpr const char* kMemory = "/memfd:foresight";

  static std::string maps(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/maps");
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(Orphans, AreNotLeftByAKilledProgram) { kill_program(fake_env_toml("Walk"), SIGKILL); }

TEST_F(Orphans, AreNotLeftByAStoppedProgram) { kill_program(fake_env_toml("Walk"), SIGTERM); }

TEST_F(Orphans, AreNotLeftWhereAStepNeverEnds) {
  // It holds the interpreter's lock: only the kernel can end it.
  const fs::path marker = folder_ / "marker";
  kill_program(fake_env_toml("Faulty", "arguments = { how = \"spin\", marker = \"" +
                                           marker.string() + "\" }"),
               SIGKILL, marker);
}

}  // namespace
}  // namespace foresight

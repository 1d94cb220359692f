// python/sync_wandb.py against a stand-in for the wandb package that writes down what it is told.
#include <gtest/gtest.h>

#include "cli/program_run.h"

namespace foresight {
namespace {

constexpr const char* kStandIn = R"(
import json
class Run:
    summary = {}
    def log(self, values, step):
        with open("told.txt", "a") as out:
            out.write(f"{step} {json.dumps(values, sort_keys=True)}\n")
    def finish(self):
        with open("told.txt", "a") as out:
            out.write(f"finish {self.summary}\n")
def init(**about):
    with open("told.txt", "a") as out:
        out.write(f"init {about['id']} {about['resume']} {about['config']['seed']}\n")
    return Run()
)";

class SyncWandbTest : public ProgramRun {};

TEST_F(SyncWandbTest, PushesEachRowOnceUnderOneId) {
  if (run_shell("python3 -c 'import tomllib'").status != 0) {
    GTEST_SKIP() << "python3 here is older than 3.11";
  }
  write("wandb.py", kStandIn);
  fs::create_directories(folder_ / "sweep" / "a");
  write("sweep/a/config.toml", "seed = 7\n");
  write(
      "sweep/a/run.json",
      R"({"name": "n", "seed": 7, "started": "now", "note": "why", "verdicts": [{"text": "good"}]})");
  write("sweep/a/metrics.jsonl", "{\"step\": 1, \"x\": 2}\n{\"step\": 2, \"x\": null}\n{\"st");
  const std::string sync =
      fmt::format("cd '{0}' && PYTHONPATH='{0}' python3 '{1}' sweep 2>&1", folder_.string(),
                  FORESIGHT_SOURCE_DIR "/python/sync_wandb.py");
  const auto first = run_shell(sync);
  ASSERT_EQ(first.status, 0) << first.text;
  EXPECT_NE(first.text.find("2 rows"), std::string::npos) << first.text;
  write("sweep/a/metrics.jsonl",
        "{\"step\": 1, \"x\": 2}\n{\"step\": 2, \"x\": null}\n{\"step\": 3, \"x\": 5}\n");
  ASSERT_EQ(run_shell(sync).status, 0);
  const std::string told = read(folder_ / "told.txt");
  const std::string id = told.substr(5, 16);
  EXPECT_EQ(told, fmt::format("init {0} allow 7\n1 {{\"env_step\": 1, \"x\": 2}}\n"
                              "2 {{\"env_step\": 2}}\nfinish {{'verdict': 'good'}}\n"
                              "init {0} allow 7\n3 {{\"env_step\": 3, \"x\": 5}}\n"
                              "finish {{'verdict': 'good'}}\n",
                              id));
  EXPECT_NE(run_shell(sync).text.find("0 rows"), std::string::npos);
}

}  // namespace
}  // namespace foresight

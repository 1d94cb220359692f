#include "cluster/slurm.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "cluster/process.h"

namespace foresight {
namespace {

BatchRequest request() {
  return {.name = "quick",
          .note = "how far\nahead?",
          .partition = "week",
          .time = "3-00:00",
          .gpus = 1,
          .cpus = 4,
          .memory = "16G",
          .extra = {"--account=lab"},
          .folder = "/home/me/it's here/runs/x",
          .runs = {"000_horizon-3", "001_horizon-9"},
          .program = "/opt/foresight/bin/foresight",
          .home = "/opt/foresight"};
}

TEST(BatchScript, SaysEverythingInAFewLines) {
  const std::string text = batch_script(request());
  for (const char* line :
       {"#!/bin/bash\n", "#SBATCH --job-name=quick\n", "#SBATCH --array=0-1\n",
        "#SBATCH --requeue\n", "#SBATCH --signal=B:USR1@300\n", "#SBATCH --partition=week\n",
        "#SBATCH --time=3-00:00\n", "#SBATCH --gpus=1\n", "#SBATCH --cpus-per-task=4\n",
        "#SBATCH --mem=16G\n", "#SBATCH --account=lab\n", "\n# how far ahead?\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 30) << text;
}

// The shell must read back the very words, whatever letters are in them.
TEST(BatchScript, RunsTheRunOfItsTask) {
  auto asked = request();
  asked.program = "/bin/echo";
  const auto result =
      run_program({"env", "SLURM_ARRAY_TASK_ID=1", "bash", "-c", batch_script(asked)});
  EXPECT_EQ(result.status, 0) << result.error;
  EXPECT_EQ(result.output, "job /home/me/it's here/runs/x/001_horizon-9\n");
}

TEST(Squeue, ReadsLinesWhateverTheReasonHolds) {
  const auto lines = parse_queue(
      "12_0|week|quick|me|RUNNING|1-02:03|1|node07\n"
      "12_1|week|quick|me|PENDING|0:00|1|(ReqNodeNotAvail|UnavailableNodes:node01)\n"
      "nonsense\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].id, "12_0");
  EXPECT_EQ(lines[0].time, "1-02:03");
  EXPECT_EQ(lines[1].place, "(ReqNodeNotAvail|UnavailableNodes:node01)");
}

TEST(Scontrol, SaysHowAJobEnded) {
  EXPECT_EQ(parse_scontrol("JobId=3 JobName=a JobState=FAILED Reason=NonZeroExitCode ExitCode=2:0"),
            "FAILED, NonZeroExitCode, exit code 2");
  EXPECT_EQ(parse_scontrol("JobState=OUT_OF_MEMORY Reason=OutOfMemory ExitCode=0:125"),
            "OUT_OF_MEMORY, OutOfMemory, signal 125");
  EXPECT_EQ(parse_scontrol("JobState=COMPLETED Reason=None ExitCode=0:0"), "COMPLETED");
  EXPECT_EQ(parse_scontrol("slurm_load_jobs error"), "");
}

TEST(RunProgram, ReadsBothOutputsAndTheStatus) {
  const auto result = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error, "err\n");
  // More than a pipe holds, on both at once.
  const auto much = run_program({"sh", "-c", "head -c 300000 /dev/zero | tee /dev/stderr"});
  EXPECT_EQ(much.output.size(), 300000u);
  EXPECT_EQ(much.error.size(), 300000u);
  EXPECT_EQ(run_program({"no-such-program-here"}).status, 127);
}

}  // namespace
}  // namespace foresight

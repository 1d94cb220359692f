// `foresight submit` and `foresight jobs`, with a fake SLURM (fake_slurm.py) and with the local
// queue: what is disturbed and resumed gives the bits of what was not.
#include <gtest/gtest.h>

#include "cli/job_run.h"

namespace foresight {
namespace {

class JobsTest : public JobRun {
 protected:
  void SetUp() override {
    JobRun::SetUp();
    fs::create_directories(folder_ / "bin");
    fs::create_directories(folder_ / "slurm");
    for (const char* name : {"sbatch", "squeue", "scontrol", "scancel"}) {
      fs::create_symlink(FORESIGHT_SOURCE_DIR "/tests/cli/fake_slurm.py", folder_ / "bin" / name);
    }
    environment_ = fmt::format("PATH='{0}/bin':$PATH FAKE_SLURM='{0}/slurm'", folder_.string());
  }
};

TEST_F(JobsTest, OneBadMemberAndNothingIsSubmitted) {
  const auto outcome = foresight("submit small.toml agent.planner.horizon=3,0 --seeds 2");
  EXPECT_EQ(outcome.status, 2);
  for (const char* part : {"nothing is submitted", "agent.planner.horizon=0", "horizon"}) {
    EXPECT_NE(outcome.text.find(part), std::string::npos) << outcome.text;
  }
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
  EXPECT_TRUE(fs::is_empty(folder_ / "slurm"));
}

TEST_F(JobsTest, WhatSbatchRefusesLeavesNoRuns) {
  const auto outcome = foresight("submit small.toml --no-trial", "FAKE_SLURM_REFUSES=1");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.text.find("Invalid account"), std::string::npos) << outcome.text;
  EXPECT_TRUE(fs::is_empty(folder_ / "runs"));
}

TEST_F(JobsTest, ASweepOnAClusterShowsNotesProgressAndEndings) {
  submit("train.steps=1600,1800 --seeds 2 --note 'how | long?' --partition week --time 3-00:00");
  wait_until("the sweep is over", [this] { return are_over(); });
  const auto rows = jobs();
  ASSERT_EQ(rows.size(), 4u);
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("state"), "COMPLETED") << row.dump(2);
    EXPECT_EQ(row.at("note"), "how | long?");
    EXPECT_EQ(row.at("percent"), 100);
    EXPECT_EQ(row.at("ending"), "done");
  }
  EXPECT_EQ(rows[3].at("overrides"), "train.steps=1800 seed=2");
  const fs::path run = run_of("1_3");
  const std::string script = read(run.parent_path() / "submit.sbatch");
  EXPECT_NE(script.find("#SBATCH --partition=week\n"), std::string::npos) << script;
  foresight("note " + run.string() + " 'not long enough'");
  EXPECT_EQ(job("1_3").at("verdict"), "not long enough");
  const auto markdown = foresight("jobs --markdown");
  EXPECT_NE(markdown.text.find("| how \\| long? | train.steps=1800 seed=2 |"), std::string::npos)
      << markdown.text;
  EXPECT_NE(foresight("jobs resume 1_3").text.find("is done"), std::string::npos);
  const auto down = foresight("jobs", "FAKE_SLURM_IS_DOWN=1");
  EXPECT_EQ(down.status, 0) << down.text;
  EXPECT_NE(down.text.find("Unable to contact"), std::string::npos) << down.text;
  EXPECT_NE(down.text.find("UNKNOWN"), std::string::npos) << down.text;
  EXPECT_EQ(foresight("jobs cancel 77").status, 2);
}

TEST_F(JobsTest, KilledRequeuedAndCancelledMembersResumeToTheSameBits) {
  submit("--seeds 3");
  // Each as soon as it can be: a fast machine is soon through with all three.
  const auto await_checkpoint = [&](const char* id) {
    wait_until("a checkpoint", [&] { return has_checkpoint(run_of(id)); });
  };
  await_checkpoint("1_0");
  const pid_t trainer = trainer_of(run_of("1_0"));
  ASSERT_GT(trainer, 0);
  kill(trainer, SIGKILL);
  await_checkpoint("1_1");
  // Out of time: SLURM's warning goes to the batch script.
  std::ifstream pid_file(folder_ / "slurm" / "1_1.pid");
  pid_t batch = 0;
  pid_file >> batch;
  ASSERT_GT(batch, 0);
  kill(batch, SIGUSR1);
  await_checkpoint("1_2");
  EXPECT_EQ(foresight("jobs cancel 1_2").status, 0);
  wait_until("all are over", [this] { return are_over(); });

  EXPECT_EQ(job("1_0").at("state"), "KILLED");
  EXPECT_EQ(job("1_0").at("ending"), "killed by SIGKILL");
  EXPECT_FALSE(job("1_0").at("last_lines").empty());
  EXPECT_EQ(job("1_1").at("state"), "COMPLETED") << "requeued by itself";
  EXPECT_EQ(read(folder_ / "slurm" / "1_1.restarts"), "x");
  EXPECT_EQ(job("1_2").at("ending"), "stopped by SIGTERM");

  const fs::path killed = run_of("1_0");
  const fs::path requeued = run_of("1_1");
  const fs::path cancelled = run_of("1_2");
  EXPECT_EQ(foresight("jobs resume 1_0").status, 0);
  EXPECT_EQ(foresight("jobs resume 1_2").status, 0);
  wait_until("the resumed are over", [this] { return are_over(); });
  EXPECT_EQ(job("2_0").at("state"), "COMPLETED");
  EXPECT_EQ(job("3_2").at("state"), "COMPLETED");
  expect_same(undisturbed(1), killed);
  expect_same(undisturbed(2), requeued);
  expect_same(undisturbed(3), cancelled);
}

TEST_F(JobsTest, ALocalQueueSurvivesAReboot) {
  submit("--seeds 3 --local --jobs 2");
  wait_until("a checkpoint", [this] { return has_checkpoint(run_of("L1")); });
  EXPECT_EQ(job("L3").at("state"), "WAITING");
  const pid_t worker = worker_process();
  ASSERT_GT(worker, 0);
  const pid_t trainer = trainer_of(run_of("L1"));
  ASSERT_GT(trainer, 0);
  kill(trainer, SIGKILL);
  kill(worker, SIGKILL);
  wait_until("its runs end with it",
             [this] { return trainer_of(run_of("L1")) < 0 && trainer_of(run_of("L2")) < 0; });
  EXPECT_NE(job("L1").at("place").get<std::string>().find("jobs start"), std::string::npos);
  EXPECT_EQ(foresight("jobs start --jobs 2").status, 0);
  wait_until("the queue is empty", [this] { return are_over(); });
  for (int seed = 1; seed <= 3; ++seed) {
    const std::string id = fmt::format("L{}", seed);
    EXPECT_EQ(job(id).at("state"), "COMPLETED") << job(id).dump(2);
    expect_same(undisturbed(seed), run_of(id));
  }
}

TEST_F(JobsTest, ALocalJobIsCancelledAndGoesOn) {
  submit("--seeds 2 --local");
  wait_until("a checkpoint", [this] { return has_checkpoint(run_of("L1")); });
  EXPECT_EQ(foresight("jobs cancel L1").status, 0);
  wait_until("the second has begun", [this] { return job("L2").at("state") != "WAITING"; });
  EXPECT_EQ(job("L1").at("state"), "CANCELLED");
  EXPECT_EQ(foresight("jobs resume L1").status, 0);
  wait_until("both are over", [this] { return are_over(); });
  EXPECT_EQ(job("L1").at("state"), "COMPLETED");
  expect_same(undisturbed(1), run_of("L1"));
}

TEST_F(JobsTest, AMemberThatFailsSaysWhy) {
  // A config that is fine until its file is damaged.
  submit("--seeds 1 --local train.steps=1600");
  wait_until("it is over", [this] { return are_over(); });
  std::ofstream(run_of("L1") / "config.toml", std::ios::app) << "nonsense = [\n";
  EXPECT_NE(foresight("job " + run_of("L1").string()).status, 0);
  const std::string ending = job("L1").at("ending");
  EXPECT_TRUE(ending.starts_with("failed: ")) << ending;
  EXPECT_NE(ending.find("config.toml"), std::string::npos) << ending;
}

}  // namespace
}  // namespace foresight

// A sweep on a real SLURM of one node (tests/cluster/slurm.sh): what was killed, requeued and
// cancelled goes on to the same bits.
#include <gtest/gtest.h>

#include "cli/job_run.h"

namespace foresight {
namespace {

class SlurmTest : public JobRun {
 protected:
  void SetUp() override {
    JobRun::SetUp();
    const auto outcome = slurm("start");
    if (outcome.status == 77) GTEST_SKIP() << "no SLURM here: " << outcome.text;
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    environment_ = fmt::format("SLURM_CONF='{}/slurm.conf'", slurm_folder().string());
  }
  void TearDown() override {
    slurm("stop");
    JobRun::TearDown();
  }

  fs::path slurm_folder() const { return folder_ / "slurm"; }
  ProgramOutcome slurm(const std::string& word) const {
    // Its daemons keep what they inherit open: not our pipe.
    const fs::path said = folder_ / "slurm-said.txt";
    auto outcome =
        run_shell(fmt::format("'{}/tests/cluster/slurm.sh' {} '{}' > '{}' 2>&1",
                              FORESIGHT_SOURCE_DIR, word, slurm_folder().string(), said.string()));
    outcome.text = read(said);
    return outcome;
  }
  ProgramOutcome with_slurm(const std::string& command) const {
    return run_shell(environment_ + " " + command + " 2>&1");
  }
};

TEST_F(SlurmTest, ASweepOfFourKilledRequeuedAndCancelledResumesToTheSameBits) {
  const auto refused = foresight("submit small.toml agent.planner.horizon=3,0 --seeds 2");
  EXPECT_EQ(refused.status, 2) << refused.text;
  EXPECT_FALSE(fs::exists(folder_ / "runs"));

  submit("--seeds 4 --note 'four of them' --time 1-00:00");
  const auto rows = jobs();
  ASSERT_EQ(rows.size(), 4u);
  std::vector<std::string> ids;
  std::vector<fs::path> runs;
  for (const auto& row : rows) {
    ids.push_back(row.at("id"));
    runs.push_back(folder_ / row.at("run").get<std::string>());
    EXPECT_EQ(row.at("partition"), "week") << row.dump(2);
    EXPECT_EQ(row.at("note"), "four of them");
  }
  for (const fs::path& run : runs) {
    wait_until("a checkpoint of " + run.string(), [&] { return has_checkpoint(run); });
  }
  kill(trainer_of(runs[0]), SIGKILL);
  const auto requeued = with_slurm("scontrol requeue " + ids[1]);
  // SLURM lets a requeued job wait for two minutes; we do not.
  wait_until("the requeued one waits", [&] { return job(ids[1]).at("state") == "PENDING"; });
  with_slurm("scontrol update StartTime=now JobId=" + ids[1]);
  EXPECT_EQ(requeued.status, 0) << requeued.text;
  EXPECT_EQ(foresight("jobs cancel " + ids[2]).status, 0);
  wait_until("the killed one and the cancelled one are over", [&] {
    return job(ids[0]).at("is_over").get<bool>() && job(ids[2]).at("is_over").get<bool>();
  });
  EXPECT_EQ(job(ids[0]).at("ending"), "killed by SIGKILL");
  EXPECT_EQ(job(ids[2]).at("ending"), "stopped by SIGTERM");
  for (const std::size_t i : {0, 2}) {
    EXPECT_EQ(foresight("jobs resume " + ids[i]).status, 0);
  }
  wait_until("all are over", [this] { return are_over(); });
  for (const auto& row : jobs()) EXPECT_EQ(row.at("state"), "COMPLETED") << row.dump(2);
  for (int i = 0; i < 4; ++i) expect_same(undisturbed(i + 1), runs[static_cast<std::size_t>(i)]);
}

}  // namespace
}  // namespace foresight

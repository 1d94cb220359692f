#include "cluster/rank_launch.h"

#include <gtest/gtest.h>

#include <map>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

std::optional<RankLaunch> launch_in(const std::map<std::string, std::string>& environment) {
  return find_launch([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
}

TEST(RankLaunch, MpirunAndSrunSayWhoIsWho) {
  const auto open_mpi = launch_in({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
  ASSERT_TRUE(open_mpi);
  EXPECT_EQ(open_mpi->by, "mpirun");
  EXPECT_EQ(open_mpi->rank, 1);
  EXPECT_EQ(open_mpi->size, 4);
  const auto hydra = launch_in({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}});
  ASSERT_TRUE(hydra);
  EXPECT_EQ(hydra->rank, 2);
  const auto srun = launch_in(
      {{"SLURM_PROCID", "3"}, {"SLURM_STEP_NUM_TASKS", "8"}, {"PMI_RANK", "3"}, {"PMI_SIZE", "8"}});
  ASSERT_TRUE(srun);
  EXPECT_EQ(srun->by, "srun");
  EXPECT_EQ(srun->size, 8);
}

TEST(RankLaunch, ABatchScriptIsOneProcessHoweverManyTasksItMayStart) {
  EXPECT_FALSE(launch_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}));
  EXPECT_FALSE(launch_in({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}}));
  EXPECT_FALSE(launch_in({}));
  EXPECT_FALSE(launch_in({{"OMPI_COMM_WORLD_RANK", "4"}, {"OMPI_COMM_WORLD_SIZE", "4"}}));
}

TEST(RankLaunch, AnotherNumberThanTheConfigsIsAnError) {
  const RankLaunch two{.by = "mpirun", .rank = 0, .size = 2};
  EXPECT_EQ(error_of([&] { check_launch(two, 2); }), "");
  EXPECT_EQ(error_of([&] { check_launch(std::nullopt, 2); }), "");
  const std::string error = error_of([&] { check_launch(two, 4); });
  EXPECT_NE(error.find("ranks = 4, but mpirun started 2 processes"), std::string::npos) << error;
}

}  // namespace
}  // namespace foresight

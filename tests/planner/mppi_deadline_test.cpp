// Plans that must be ready in time.
#include <gtest/gtest.h>

#include <thread>

#include "nn/tensors.h"
#include "planner/linear_latent_model.h"
#include "planner/mppi.h"

namespace foresight {
namespace {

// Takes its time, and gives up when the deadline passes, as the packed scorer does between tiles.
class SlowModel : public LinearLatentModel {
 public:
  explicit SlowModel(int ms) : LinearLatentModel(LinearLatentModelConfig{}), ms_(ms) {}
  Tensor score(const Tensor& actions, const ScoreDraws& draws) override {
    for (int i = 0; i < ms_; ++i) {
      if (PlanClock::now() >= deadline_) return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return LinearLatentModel::score(actions, draws);
  }

 private:
  int ms_;
};

struct Case {
  MppiConfig config{.horizon = 3,
                    .num_samples = 32,
                    .num_elites = 4,
                    .num_policy_samples = 4,
                    .iterations = 1000};
  Tensor z = torch::ones({2, 2});
  Tensor mean = torch::full({3, 2, 2}, 0.25);

  MppiPlan plan(SlowModel& model) const {
    Rng rng(1, "deadline");
    const MppiDraws draws = draw_mppi(config, {.num_envs = 2, .action_dim = 2, .num_q = 2}, rng);
    return MppiPlanner(config).plan(model, z, mean, draws);
  }
};

TEST(MppiDeadline, ReturnsTheBestSoFarInTime) {
  Case c;
  c.config.deadline_ms = 60.0;
  SlowModel model(5);
  const auto begin = PlanClock::now();
  const MppiPlan plan = c.plan(model);
  const double ms = std::chrono::duration<double, std::milli>(PlanClock::now() - begin).count();
  EXPECT_GE(plan.num_iterations, 1);
  EXPECT_LT(plan.num_iterations, 13);
  EXPECT_LT(ms, 200.0);  // 1000 iterations would take 5 s
  EXPECT_TRUE(plan.action.isfinite().all().item<bool>());

  // The same as a plan of so many iterations.
  SlowModel fast(0);
  Rng rng(1, "deadline");
  MppiConfig config = c.config;
  const MppiDraws draws = draw_mppi(config, {.num_envs = 2, .action_dim = 2, .num_q = 2}, rng);
  config.iterations = plan.num_iterations;
  config.deadline_ms = 0.0;
  const MppiPlan expected = MppiPlanner(config).plan(fast, c.z, c.mean, draws);
  EXPECT_TRUE(torch::equal(plan.action, expected.action));
  EXPECT_TRUE(torch::equal(plan.mean, expected.mean));
}

TEST(MppiDeadline, WithoutAnIterationThePolicyActs) {
  Case c;
  c.config.deadline_ms = 1.0;
  SlowModel model(50);
  const MppiPlan plan = c.plan(model);
  EXPECT_EQ(plan.num_iterations, 0);
  EXPECT_TRUE(torch::equal(plan.mean, c.mean));
  EXPECT_EQ(plan.action.sizes(), (std::vector<std::int64_t>{2, 2}));
}

TEST(MppiDeadline, NoneMeansEveryIteration) {
  Case c;
  c.config.iterations = 4;
  SlowModel model(0);
  EXPECT_EQ(c.plan(model).num_iterations, 4);
  c.config.deadline_ms = 1e5;
  EXPECT_EQ(c.plan(model).num_iterations, 4);
}

}  // namespace
}  // namespace foresight

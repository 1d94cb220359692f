// A pole on a cart. Source: dm_control 1.0.50, suite/cartpole.py.
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

enum class PoleStart { kUp, kDown };
enum class PoleReward { kSmooth, kSparse };

class Cartpole final : public DmControlTask {
 public:
  Cartpole(const MujocoPhysics& physics, PoleStart start, PoleReward reward)
      : start_(start), reward_(reward), pole_(physics.body("pole_1")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"position", 3}, {"velocity", 2}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    auto qpos = physics.qpos();
    if (start_ == PoleStart::kDown) {
      qpos[0] = 0.01 * random.normal();
      qpos[1] = std::numbers::pi + 0.01 * random.normal();
    } else {
      qpos[0] = random.uniform(-0.1, 0.1);
      qpos[1] = random.uniform(-0.034, 0.034);
    }
    for (double& velocity : physics.qvel()) velocity = 0.01 * random.normal();
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.qpos()[0]);
    writer.add(physics.xmat(pole_, kZz));
    writer.add(physics.xmat(pole_, kXz));
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    const double position = physics.qpos()[0];
    const double cosine = physics.xmat(pole_, kZz);
    if (reward_ == PoleReward::kSparse) {
      return tolerance(position, {-0.25, 0.25}) * tolerance(cosine, {0.995, 1.0});
    }
    const double upright = (cosine + 1.0) / 2.0;
    const double centered = (1.0 + tolerance(position, {}, 2.0)) / 2.0;
    const double slow = (1.0 + tolerance(physics.qvel()[1], {}, 5.0)) / 2.0;
    return upright * small_control(physics) * slow * centered;
  }

 private:
  PoleStart start_;
  PoleReward reward_;
  int pole_;  // body
};

bool add(const char* name, const char* help, PoleStart start, PoleReward reward) {
  return register_dmcontrol_task({.name = name,
                                  .help = help,
                                  .model = {.file = "cartpole.xml"},
                                  .control_timestep = 0.01,
                                  .make = [start, reward](const auto& physics) {
                                    return std::make_unique<Cartpole>(physics, start, reward);
                                  }});
}

[[maybe_unused]] const bool registered[] = {
    add("cartpole-balance", "keep a pole upright on a cart", PoleStart::kUp, PoleReward::kSmooth),
    add("cartpole-balance-sparse", "the same, paid near the middle and the top only",
        PoleStart::kUp, PoleReward::kSparse),
    add("cartpole-swingup", "swing a hanging pole up and keep it there", PoleStart::kDown,
        PoleReward::kSmooth),
    add("cartpole-swingup-sparse", "the same, paid near the middle and the top only",
        PoleStart::kDown, PoleReward::kSparse)};

}  // namespace
}  // namespace foresight

#include "env/dmcontrol/dmcontrol_task.h"

#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kMaxAttempts = 10000;

// The sum is rounded as in OpenBLAS's dot product on a processor with fused multiply-adds, on which
// the recordings were made; numpy.linalg.norm differs from machine to machine by a unit in the last
// place.
void normalise(std::span<double, 4> quaternion) {
  double square = 0.0;
  for (const double entry : quaternion) square = std::fma(entry, entry, square);
  for (double& entry : quaternion) entry /= std::sqrt(square);
}

}  // namespace

void randomize_joints(MujocoPhysics& physics, RandomState& random) {
  const mjModel& model = physics.model();
  for (int joint = 0; joint < model.njnt; ++joint) {
    const int address = model.jnt_qposadr[joint];
    const int type = model.jnt_type[joint];
    FS_CHECK(type != mjJNT_BALL, "no task of these has ball joints");
    if (model.jnt_limited[joint] != 0) {
      const double* range = model.jnt_range + 2 * joint;
      physics.qpos()[address] = random.uniform(range[0], range[1]);
    } else if (type == mjJNT_HINGE) {
      physics.qpos()[address] = random.uniform(-std::numbers::pi, std::numbers::pi);
    } else if (type == mjJNT_FREE) {
      // Uniform in [0, 1)^4 rather than normal: the suite keeps it for comparable results.
      const auto quaternion = physics.qpos().subspan(address + 3).first<4>();
      for (double& entry : quaternion) entry = random.uniform();
      normalise(quaternion);
    }
  }
}

void randomize_limited_joints(MujocoPhysics& physics, RandomState& random) {
  const mjModel& model = physics.model();
  for (int joint = 0; joint < model.njnt; ++joint) {
    if (model.jnt_limited[joint] == 0) continue;
    const double* range = model.jnt_range + 2 * joint;
    physics.qpos()[model.jnt_qposadr[joint]] = random.uniform(range[0], range[1]);
  }
}

void randomize_orientation(std::span<double, 4> quaternion, RandomState& random) {
  for (double& entry : quaternion) entry = random.normal();
  normalise(quaternion);
}

void start_without_contact(MujocoPhysics& physics, const std::function<void()>& propose) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    propose();
    physics.forward_without_actuation();
    if (physics.data().ncon == 0) return;
  }
  fail("no start without contacts found in {} attempts", kMaxAttempts);
}

double small_control(const MujocoPhysics& physics) {
  double sum = 0.0;
  for (const double control : physics.ctrl()) {
    sum += tolerance(control, {}, 1.0, Falloff::kQuadratic, 0.0);
  }
  return (4.0 + sum / static_cast<double>(physics.ctrl().size())) / 5.0;
}

void add_in_frame(ObservationWriter& writer, std::span<const double, 3> vector,
                  const double* rotation) {
  for (int column = 0; column < 3; ++column) {
    writer.add(vector[0] * rotation[column] + vector[1] * rotation[3 + column] +
               vector[2] * rotation[6 + column]);
  }
}

}  // namespace foresight

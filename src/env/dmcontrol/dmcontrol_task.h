// A task of the suite: how an episode starts, what is seen, what is paid. Each domain has its file,
// which registers its tasks as environments "dmcontrol/<task>" under TD-MPC2's names.
#pragma once

#include <functional>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "env/dmcontrol/mujoco_physics.h"
#include "env/dmcontrol/random_state.h"
#include "env/dmcontrol/suite_model.h"
#include "env/dmcontrol/tolerance.h"

namespace foresight {

struct ObservationPart {
  std::string name;  // the suite's key
  int size = 0;
};

// Takes the numbers of an observation in the order of its parts.
class ObservationWriter {
 public:
  explicit ObservationWriter(std::span<float> target) : target_(target) {}
  void add(double number) { target_[num_written_++] = static_cast<float>(number); }
  void add(std::span<const double> numbers) {
    for (const double number : numbers) add(number);
  }
  std::size_t num_written() const { return num_written_; }

 private:
  std::span<float> target_;
  std::size_t num_written_ = 0;
};

class DmControlTask {
 public:
  virtual ~DmControlTask() = default;
  virtual std::vector<ObservationPart> layout() const = 0;
  // Puts the physics, just reset, where an episode starts; the caller recomputes it afterwards.
  virtual void start(MujocoPhysics& physics, RandomState& random) = 0;
  virtual void observe(const MujocoPhysics& physics, ObservationWriter& writer) const = 0;
  // Of the state that a control step led to, in [0, 1].
  virtual double reward(const MujocoPhysics& physics) const = 0;
};

// What a picture shows: the plane of x and z, or that of x and y from above.
enum class SceneView { kSide, kTop };

struct DmControlTaskInfo {
  std::string name;  // "walker-walk"
  std::string help;
  ModelRecipe model;
  double control_timestep = 0.0;  // seconds
  std::function<std::unique_ptr<DmControlTask>(const MujocoPhysics& physics)> make;
  SceneView view = SceneView::kSide;
  int camera = 0;  // of the model, that pictures are taken with
};

// Adds environment "dmcontrol/<name>".
bool register_dmcontrol_task(DmControlTaskInfo info);

// --- What several domains need ---

// Limited joints anywhere in their range, other hinges and free orientations anywhere. Source:
// dm_control 1.0.50, suite/utils/randomizers.py, randomize_limited_and_rotational_joints.
void randomize_joints(MujocoPhysics& physics, RandomState& random);
// The limited ones only, as the cheetah does.
void randomize_limited_joints(MujocoPhysics& physics, RandomState& random);
// An orientation drawn from N(0, 1)^4: uniform over all.
void randomize_orientation(std::span<double, 4> quaternion, RandomState& random);

// Tries starts until one has no contact and `accept` agrees. Error: none of many did.
void start_without_contact(MujocoPhysics& physics, const std::function<void()>& propose);

// Mean over actuators of 1 for no control to 0 for full control.
double small_control(const MujocoPhysics& physics);

// `vector` of the world in the frame of `rotation` (row-major, its columns the local axes).
void add_in_frame(ObservationWriter& writer, std::span<const double, 3> vector,
                  const double* rotation);

}  // namespace foresight

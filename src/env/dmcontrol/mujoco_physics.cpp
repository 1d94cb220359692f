#include "env/dmcontrol/mujoco_physics.h"

#include "base/error.h"

namespace foresight {
namespace {

// Gives `numbers` of the model an array of its own.
template <typename Number>
std::vector<Number> make_own(Number*& numbers, mjtSize size) {
  std::vector<Number> own(numbers, numbers + size);
  numbers = own.data();
  return own;  // moved or built in place: the address stays
}

}  // namespace

MujocoPhysics::MujocoPhysics(std::shared_ptr<const mjModel> model)
    : shared_(std::move(model)), model_(*shared_) {
  geom_pos_ = make_own(model_.geom_pos, 3 * model_.ngeom);
  geom_size_ = make_own(model_.geom_size, 3 * model_.ngeom);
  site_pos_ = make_own(model_.site_pos, 3 * model_.nsite);
  site_size_ = make_own(model_.site_size, 3 * model_.nsite);
  site_rgba_ = make_own(model_.site_rgba, 4 * model_.nsite);
  dof_damping_ = make_own(model_.dof_damping, model_.nv);
  data_.reset(mj_makeData(&model_));
  FS_CHECK(data_ != nullptr, "MuJoCo cannot allocate a simulation");
}

int MujocoPhysics::id(mjtObj kind, const char* name) const {
  const int found = mj_name2id(&model_, kind, name);
  FS_CHECK(found >= 0, "the model has no {} \"{}\"", mju_type2Str(kind), name);
  return found;
}

void MujocoPhysics::reset() {
  mj_resetData(&model_, data_.get());
  forward_without_actuation();
}

void MujocoPhysics::forward_without_actuation() {
  const int flags = model_.opt.disableflags;
  model_.opt.disableflags |= mjDSBL_ACTUATION;
  mj_forward(&model_, data_.get());
  model_.opt.disableflags = flags;
}

void MujocoPhysics::step(int num_substeps) {
  // Positions and velocities are up to date (mj_step1 below, or forward), so that the first step
  // needs its second half only; Runge-Kutta cannot be cut in halves.
  int num_whole_steps = num_substeps;
  if (model_.opt.integrator != mjINT_RK4) {
    mj_step2(&model_, data_.get());
    --num_whole_steps;
  }
  for (int i = 0; i < num_whole_steps; ++i) mj_step(&model_, data_.get());
  mj_step1(&model_, data_.get());
}

bool MujocoPhysics::has_diverged() const {
  const auto& warning = data_->warning;
  return warning[mjWARN_BADQPOS].number + warning[mjWARN_BADQVEL].number +
             warning[mjWARN_BADQACC].number >
         0;
}

}  // namespace foresight

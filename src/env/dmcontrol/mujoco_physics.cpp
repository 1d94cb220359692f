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

// Switches a part of the engine off for as long as it lives.
class Disable {
 public:
  Disable(mjModel& model, int part) : flags_(model.opt.disableflags), before_(flags_) {
    flags_ |= part;
  }
  ~Disable() { flags_ = before_; }
  Disable(const Disable&) = delete;
  Disable& operator=(const Disable&) = delete;

 private:
  int& flags_;
  int before_;
};

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
  const Disable actuation(model_, mjDSBL_ACTUATION);
  mj_forward(&model_, data_.get());
}

void MujocoPhysics::step(int num_substeps) {
  if (model_.opt.integrator == mjINT_RK4) {  // cannot be cut in halves
    for (int i = 0; i < num_substeps; ++i) mj_step(&model_, data_.get());
  } else {
    // Positions and velocities are up to date (mj_step1 below, or forward): each step does its
    // second half, then the next one's first. Nobody looks at the sensors in between.
    const Disable sensors(model_, mjDSBL_SENSOR);
    for (int i = 1; i < num_substeps; ++i) {
      mj_step2(&model_, data_.get());
      mj_step1(&model_, data_.get());
    }
  }
  finish_step();
}

// With sensors: those of acceleration belong to the state before the last substep, as in the suite.
void MujocoPhysics::finish_step() {
  if (model_.opt.integrator != mjINT_RK4) mj_step2(&model_, data_.get());
  mj_step1(&model_, data_.get());
}

bool MujocoPhysics::has_diverged() const {
  const auto& warning = data_->warning;
  return warning[mjWARN_BADQPOS].number + warning[mjWARN_BADQVEL].number +
             warning[mjWARN_BADQACC].number >
         0;
}

}  // namespace foresight

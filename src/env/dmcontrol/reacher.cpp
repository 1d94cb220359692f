// A planar arm that reaches for a target. Sources: dm_control 1.0.50, suite/reacher.py;
// nicklashansen/tdmpc2, envs/tasks/reacher.py (three links).
#include <array>
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kEasyRadius = 0.05;  // m, of the target
constexpr double kHardRadius = 0.015;

class Reacher final : public DmControlTask {
 public:
  Reacher(const MujocoPhysics& physics, double target_radius)
      : target_radius_(target_radius),
        num_links_(physics.model().nq),
        finger_(physics.geom("finger")),
        target_(physics.geom("target")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"position", num_links_}, {"to_target", 2}, {"velocity", num_links_}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    mjModel& model = physics.model();
    model.geom_size[3 * target_] = target_radius_;
    randomize_joints(physics, random);
    const double angle = random.uniform(0.0, 2.0 * std::numbers::pi);
    const double radius = random.uniform(0.05, 0.20);
    model.geom_pos[3 * target_] = radius * std::sin(angle);
    model.geom_pos[3 * target_ + 1] = radius * std::cos(angle);
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.qpos());
    writer.add(to_target(physics));
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    const auto way = to_target(physics);
    const double* sizes = physics.model().geom_size;
    return tolerance(std::sqrt(way[0] * way[0] + way[1] * way[1]),
                     {0.0, sizes[3 * target_] + sizes[3 * finger_]});
  }

 private:
  std::array<double, 2> to_target(const MujocoPhysics& physics) const {
    const double* finger = physics.data().geom_xpos + 3 * finger_;
    const double* target = physics.data().geom_xpos + 3 * target_;
    return {target[0] - finger[0], target[1] - finger[1]};
  }

  double target_radius_;
  int num_links_;
  int finger_, target_;  // geoms
};

// --- The arm of three links: the suite's own, its first link shorter, its second one doubled ---

constexpr double kLink = 0.09;     // m, from joint to joint
constexpr double kLastLink = 0.1;  // the capsule ends within the finger
constexpr double kThickness = 0.01;
constexpr double kBend = 80.0;  // degrees to each side, of the second and third joint

// Adds a link at the end of one of `length`; its joint and motor are called `name`, too.
mjsBody& add_link(mjSpec& spec, mjsBody& parent, const char* name, double length) {
  mjsBody* body = mjs_addBody(&parent, nullptr);
  mjs_setName(body->element, name);
  body->pos[0] = kLink;
  mjsGeom* geom = mjs_addGeom(body, nullptr);
  mjs_setName(geom->element, name);
  geom->type = mjGEOM_CAPSULE;
  const std::array from_to{0.0, 0.0, 0.0, length, 0.0, 0.0};
  std::copy(from_to.begin(), from_to.end(), geom->fromto);
  geom->size[0] = kThickness;
  mjs_setString(geom->material, "self");
  mjsJoint* joint = mjs_addJoint(body, nullptr);
  mjs_setName(joint->element, name);
  joint->limited = mjLIMITED_TRUE;
  joint->range[0] = -kBend;
  joint->range[1] = kBend;
  mjsActuator* motor = mjs_addActuator(&spec, nullptr);
  mjs_setName(motor->element, name);
  mjs_setToMotor(motor);
  motor->trntype = mjTRN_JOINT;
  mjs_setString(motor->target, name);
  return *body;
}

void make_three_links(mjSpec& spec) {
  remove_from(spec, mjOBJ_ACTUATOR, "wrist");
  remove_from(spec, mjOBJ_BODY, "hand");
  spec_geom(spec, "arm").fromto[3] = kLink;
  mjsBody& middle = add_link(spec, spec_body(spec, "arm"), "forearm", kLink);
  mjsBody& hand = add_link(spec, middle, "hand", kLastLink);
  mjsBody* finger = mjs_addBody(&hand, nullptr);
  mjs_setName(finger->element, "finger");
  finger->pos[0] = kLink;
  mjsGeom* tip = mjs_addGeom(finger, nullptr);
  mjs_setName(tip->element, "finger");
  tip->type = mjGEOM_SPHERE;
  tip->size[0] = kThickness;
  mjs_setString(tip->material, "effector");
}

bool add(const char* name, const char* help, ModelRecipe model, double target_radius) {
  return register_dmcontrol_task({.name = name,
                                  .help = help,
                                  .model = std::move(model),
                                  .control_timestep = 0.02,
                                  .make =
                                      [target_radius](const auto& physics) {
                                        return std::make_unique<Reacher>(physics, target_radius);
                                      },
                                  .view = SceneView::kTop});
}

const ModelRecipe kTwoLinks{.file = "reacher.xml"};
const ModelRecipe kThreeLinks{
    .file = "reacher.xml", .variant = "three links", .edit = make_three_links};

[[maybe_unused]] const bool registered[] = {
    add("reacher-easy", "an arm of two links: reach a large target", kTwoLinks, kEasyRadius),
    add("reacher-hard", "reach a small target", kTwoLinks, kHardRadius),
    add("reacher-three-easy", "an arm of three links: reach a large target", kThreeLinks,
        kEasyRadius),
    add("reacher-three-hard", "an arm of three links: reach a small target", kThreeLinks,
        kHardRadius)};

}  // namespace
}  // namespace foresight

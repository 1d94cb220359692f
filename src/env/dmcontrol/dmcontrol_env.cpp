#include "env/dmcontrol/dmcontrol_env.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "env/dmcontrol/mujoco_scene.h"

namespace foresight {
namespace {

constexpr std::int64_t kEpisodeControlSteps = 1000;  // of all the suite's tasks

// Pictures are seen instead of the numbers, as TD-MPC2's `obs: rgb` and DreamerV2 have it.
EnvSpec spec_from(const DmControlEnvConfig& config, const std::vector<ObservationPart>& layout,
                  std::int64_t action_dim) {
  EnvSpec spec;
  spec.id = config.id;
  spec.action_dim = action_dim;
  const auto whole = (kEpisodeControlSteps + config.action_repeat - 1) / config.action_repeat;
  spec.max_episode_steps = config.max_steps > 0 ? config.max_steps : whole;
  if (config.pixels) {
    spec.image = ImageShape{.num_frames = config.frame_stack,
                            .channels = 3,
                            .height = config.image_size,
                            .width = config.image_size};
    return spec;
  }
  for (const auto& [name, size] : layout) {
    spec.observation_dim += size;
    for (int i = 0; i < size; ++i) {
      spec.observation_names.push_back(size == 1 ? name : fmt::format("{} {}", name, i));
    }
  }
  return spec;
}

std::shared_ptr<CameraPool> cameras_of(const DmControlTaskInfo& info,
                                       const DmControlEnvConfig& config,
                                       const std::shared_ptr<const mjModel>& model) {
  const int camera = config.camera < 0 ? info.camera : static_cast<int>(config.camera);
  if (camera >= model->ncam) {
    fail("env.camera = {}: {} has {} cameras, counted from 0", camera, config.id, model->ncam);
  }
  return cameras_for(model, {.camera = camera,
                             .size = static_cast<int>(config.image_size),
                             .quality = config.picture_quality == "fast" ? PictureQuality::kFast
                                                                         : PictureQuality::kSuite});
}

// RandomState takes 32 bits.
std::uint32_t fold(std::uint64_t seed) { return static_cast<std::uint32_t>(seed ^ (seed >> 32)); }

}  // namespace

void DmControlEnvConfig::visit(FieldVisitor& v) {
  v.field("id", id, {}, "which environment");
  v.field("action_repeat", action_repeat, {1, 100},
          "control steps for which an action is held; their rewards are summed");
  v.field("max_steps", max_steps, {0, 100000},
          "where the clock cuts an episode; 0: after 1000 control steps, as the suite does");
  v.field("pixels", pixels, "observe pictures of a camera instead of the numbers");
  v.field("image_size", image_size, {8, 1024}, "their height and width");
  v.field("frame_stack", frame_stack, {1, 16},
          "the last so many pictures together; the first of an episode fills all");
  v.field("camera", camera, {-1, 100},
          "which of the model's cameras; -1: as TD-MPC2, 0 (2 of a quadruped)");
  v.field("picture_quality", picture_quality, {"suite", "fast"},
          "fast: no shadows, no reflections, edges not smoothed; several times faster on a CPU");
}

DmControlEnv::DmControlEnv(const DmControlTaskInfo& info, const DmControlEnvConfig& config)
    : config_(config),
      physics_(load_model(info.model, config.pixels ? Sky::kPainted : Sky::kLeftOut)),
      task_(info.make(physics_)),
      view_(info.view),
      control_timestep_(info.control_timestep),
      num_substeps_(
          static_cast<int>(std::lround(info.control_timestep / physics_.model().opt.timestep))),
      spec_(spec_from(config, task_->layout(), physics_.model().nu)),
      observation_(spec_.observation_dim) {
  for (int i = 0; i < physics_.model().nu; ++i) {
    FS_CHECK(physics_.model().actuator_ctrllimited[i] != 0, "actuator {} has no range", i);
  }
  if (spec_.image) {
    cameras_ = cameras_of(info, config, physics_.shared_model());
    frames_.emplace(*spec_.image);
  }
}

void DmControlEnv::reset(std::uint64_t seed) {
  RandomState random(fold(seed));
  physics_.reset();
  task_->start(physics_, random);
  physics_.forward_without_actuation();
  elapsed_steps_ = 0;
  is_over_ = false;
  update_observation();
  if (frames_) frames_->begin([this](auto frame) { take_picture(frame); });
}

StepResult DmControlEnv::step(std::span<const float> actions) {
  FS_CHECK(!is_over_, "the episode is over: reset first");
  FS_CHECK(std::ssize(actions) == spec_.action_dim, "{} actions where {} are needed",
           actions.size(), spec_.action_dim);
  for (const float action : actions) FS_CHECK(std::isfinite(action), "an action of {}", action);

  double reward = 0.0;
  bool has_diverged = false;
  for (std::int64_t i = 0; i < config_.action_repeat && !has_diverged; ++i) {
    set_control(actions);
    physics_.step(num_substeps_);
    has_diverged = physics_.has_diverged();
    if (!has_diverged) reward += task_->reward(physics_);
  }
  ++elapsed_steps_;
  // The suite raises PhysicsError where MuJoCo gives up on a state. Here the episode is cut, with
  // the last good observation, and the run goes on.
  if (!has_diverged) {
    update_observation();
    if (frames_) frames_->add([this](auto frame) { take_picture(frame); });
  }
  is_over_ = has_diverged || elapsed_steps_ >= spec_.max_episode_steps;
  return {.reward = static_cast<float>(reward), .truncated = is_over_};
}

void DmControlEnv::set_control(std::span<const float> actions) {
  const double* range = physics_.model().actuator_ctrlrange;
  auto ctrl = physics_.ctrl();
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const double low = range[2 * i];
    const double scale = (range[2 * i + 1] - low) / 2.0;
    // In the order of suite/wrappers/action_scale.py: adding 1 rounds tiny actions.
    ctrl[i] = low + scale * (std::clamp<double>(actions[i], -1.0, 1.0) + 1.0);
  }
}

void DmControlEnv::update_observation() {
  if (frames_) return;
  ObservationWriter writer(observation_);
  task_->observe(physics_, writer);
  FS_DCHECK(writer.num_written() == observation_.size(), "{} of {} observations",
            writer.num_written(), observation_.size());
}

std::span<const float> DmControlEnv::observation(int /*player*/) const { return observation_; }

std::span<const std::uint8_t> DmControlEnv::image() const {
  return frames_ ? frames_->frames() : std::span<const std::uint8_t>{};
}

bool DmControlEnv::describe_scene(Scene& scene) const {
  describe(physics_, view_, scene);
  const double seconds_per_step = control_timestep_ * static_cast<double>(config_.action_repeat);
  scene.clock = static_cast<double>(elapsed_steps_) * seconds_per_step;
  scene.time_limit = static_cast<double>(spec_.max_episode_steps) * seconds_per_step;
  return true;
}

bool register_dmcontrol_task(DmControlTaskInfo info) {
  const std::string id = "dmcontrol/" + info.name;
  const auto read = [id](const Table& section, ConfigProblems& problems) {
    DmControlEnvConfig config{.id = id};
    read_config(section, config, "env", problems);
    return config;
  };
  return EnvRegistry::instance().add(
      id,
      {.help = info.help,
       .make = [info, read](const Table& section) -> std::unique_ptr<Env> {
         ConfigProblems problems;
         const auto config = read(section, problems);
         problems.throw_if_any();
         return std::make_unique<DmControlEnv>(info, config);
       },
       .resolve = [read](const Table& section,
                         ConfigProblems& problems) { return to_table(read(section, problems)); },
       .commented_defaults = [id] { return to_commented_toml(DmControlEnvConfig{.id = id}); }});
}

}  // namespace foresight

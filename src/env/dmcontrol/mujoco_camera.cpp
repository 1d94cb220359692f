#include "env/dmcontrol/mujoco_camera.h"

#include <map>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kColours = 3;
constexpr int kMaxGeoms = 1000;  // as the suite; none of its models shows more

// Makes a context the thread's for as long as it lives.
class Current {
 public:
  explicit Current(GlContext& context) : context_(context) { context_.acquire(); }
  ~Current() { context_.release(); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  GlContext& context_;
};

// Rows from the top down and colour by colour, from rows from the bottom up and pixel by pixel.
void to_planes(std::span<const std::uint8_t> pixels, int size, std::span<std::uint8_t> picture) {
  for (int colour = 0; colour < kColours; ++colour) {
    for (int row = 0; row < size; ++row) {
      const std::uint8_t* from = pixels.data() + (size - 1 - row) * size * kColours + colour;
      std::uint8_t* to = picture.data() + (colour * size + row) * size;
      for (int column = 0; column < size; ++column) to[column] = from[column * kColours];
    }
  }
}

}  // namespace

MujocoCamera::MujocoCamera(std::shared_ptr<const mjModel> model, const CameraView& view)
    : model_(std::move(model)),
      view_(view),
      gl_(gl_library().make_context()),
      context_(std::make_unique<mjrContext>()),
      pixels_(static_cast<std::size_t>(kColours) * view.size * view.size) {
  // MuJoCo looks up OpenGL's functions for all contexts when one is made.
  static std::mutex loading;
  const std::lock_guard lock(loading);
  mjModel drawn = *model_;  // shallow
  drawn.vis.global.offwidth = view.size;
  drawn.vis.global.offheight = view.size;
  if (view.quality == PictureQuality::kFast) {
    drawn.vis.quality.offsamples = 0;
    drawn.vis.quality.shadowsize = 0;
  }
  const Current current(*gl_);
  mjr_defaultContext(context_.get());
  mjr_makeContext(&drawn, context_.get(), mjFONTSCALE_100);
  mjr_setBuffer(mjFB_OFFSCREEN, context_.get());
  FS_CHECK(context_->currentBuffer == mjFB_OFFSCREEN, "OpenGL without frame buffers");
  mjv_defaultScene(&scene_);
  mjv_makeScene(model_.get(), &scene_, kMaxGeoms);
  if (view.quality == PictureQuality::kFast) {
    scene_.flags[mjRND_SHADOW] = 0;
    scene_.flags[mjRND_REFLECTION] = 0;
  }
}

MujocoCamera::~MujocoCamera() {
  const Current current(*gl_);
  mjv_freeScene(&scene_);
  mjr_freeContext(context_.get());
}

void MujocoCamera::draw(MujocoPhysics& physics) {
  mjvOption option;
  mjv_defaultOption(&option);
  option.flags[mjVIS_RANGEFINDER] = 0;  // as dm_control
  mjvCamera camera;
  mjv_defaultCamera(&camera);
  camera.type = mjCAMERA_FIXED;
  camera.fixedcamid = view_.camera;
  mjv_updateScene(&physics.model(), &physics.data(), &option, nullptr, &camera, mjCAT_ALL, &scene_);
  const mjrRect all{0, 0, view_.size, view_.size};
  mjr_render(all, &scene_, context_.get());
  mjr_readPixels(pixels_.data(), nullptr, all, context_.get());
}

void MujocoCamera::take(MujocoPhysics& physics, std::span<std::uint8_t> picture) {
  FS_CHECK(picture.size() == pixels_.size(), "{} bytes for a picture of {} x {}", picture.size(),
           view_.size, view_.size);
  {
    const Current current(*gl_);
    draw(physics);
  }
  to_planes(pixels_, view_.size, picture);
}

CameraPool::CameraPool(std::shared_ptr<const mjModel> model, const CameraView& view)
    : model_(std::move(model)), view_(view) {
  gl_library();  // an Error now rather than at the first picture
}

void CameraPool::take(MujocoPhysics& physics, std::span<std::uint8_t> picture) {
  std::unique_ptr<MujocoCamera> camera;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      camera = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (camera == nullptr) camera = std::make_unique<MujocoCamera>(model_, view_);
  camera->take(physics, picture);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(camera));
}

std::shared_ptr<CameraPool> cameras_for(const std::shared_ptr<const mjModel>& model,
                                        const CameraView& view) {
  // As load_model(): an entry dies with the last environment that has it.
  static std::mutex mutex;
  static std::map<std::pair<const mjModel*, CameraView>, std::weak_ptr<CameraPool>> pools;
  const std::lock_guard lock(mutex);
  std::erase_if(pools, [](const auto& entry) { return entry.second.expired(); });
  auto& entry = pools[{model.get(), view}];
  auto pool = entry.lock();
  if (pool == nullptr) {
    pool = std::make_shared<CameraPool>(model, view);
    entry = pool;
  }
  return pool;
}

}  // namespace foresight

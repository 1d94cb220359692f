// Types, functions and numbers as Khronos' EGL 1.5 and its extensions EGL_EXT_device_enumeration,
// EGL_EXT_platform_device and EGL_KHR_surfaceless_context define them: no header is needed to
// build.
#include <array>
#include <cstdint>
#include <vector>

#include "env/dmcontrol/gl_library.h"
#include "env/dmcontrol/shared_object.h"

namespace foresight {
namespace {

using EglInt = std::int32_t;
using EglBoolean = unsigned int;
using EglEnum = unsigned int;
using Handle = void*;  // of a display, config, context, surface or device

constexpr EglEnum kOpenGlApi = 0x30A2;
constexpr EglEnum kPlatformDevice = 0x313F;
constexpr EglInt kNone = 0x3038;
constexpr EglInt kMaxDevices = 64;
constexpr std::array<EglInt, 17> kConfig{
    0x3024, 8,       // red
    0x3023, 8,       // green
    0x3022, 8,       // blue
    0x3021, 8,       // alpha
    0x3025, 24,      // depth
    0x3026, 8,       // stencil
    0x3033, 0x0001,  // surfaces: pbuffers. Their default is windows, which there are none of
    0x3040, 0x0008,  // renders OpenGL
    kNone};

struct EglFunctions {
  Handle (*eglGetProcAddress)(const char*);
  Handle (*eglGetDisplay)(Handle);
  EglBoolean (*eglInitialize)(Handle, EglInt*, EglInt*);
  EglBoolean (*eglChooseConfig)(Handle, const EglInt*, Handle*, EglInt, EglInt*);
  EglBoolean (*eglBindAPI)(EglEnum);
  Handle (*eglCreateContext)(Handle, Handle, Handle, const EglInt*);
  EglBoolean (*eglMakeCurrent)(Handle, Handle, Handle, Handle);
  EglBoolean (*eglDestroyContext)(Handle, Handle);
  EglInt (*eglGetError)();
  // Extensions: null where there are none.
  EglBoolean (*eglQueryDevicesEXT)(EglInt, Handle*, EglInt*);
  Handle (*eglGetPlatformDisplayEXT)(EglEnum, Handle, const EglInt*);
};

class EglContext final : public GlContext {
 public:
  EglContext(const EglFunctions& egl, Handle display, Handle config)
      : egl_(egl), display_(display) {
    egl_.eglBindAPI(kOpenGlApi);  // of the thread
    context_ = egl_.eglCreateContext(display, config, nullptr, nullptr);
    if (context_ == nullptr) fail("no OpenGL context (EGL error {:#x})", egl_.eglGetError());
  }
  ~EglContext() override { egl_.eglDestroyContext(display_, context_); }

  void acquire() override { make_current(context_); }
  void release() override { make_current(nullptr); }

 private:
  void make_current(Handle context) {
    egl_.eglBindAPI(kOpenGlApi);
    if (egl_.eglMakeCurrent(display_, nullptr, nullptr, context) == 0) {
      fail("an OpenGL context cannot be used (EGL error {:#x})", egl_.eglGetError());
    }
  }

  const EglFunctions& egl_;
  Handle display_;
  Handle context_ = nullptr;
};

class EglLibrary final : public GlLibrary {
 public:
  EglLibrary() {
    find_functions();
    std::string reasons;
    for (const Handle display : displays()) {
      try {
        use(display);
        object_.publish();
        return;
      } catch (const Error& error) {
        reasons += (reasons.empty() ? "" : "; ") + std::string(error.what());
      }
    }
    fail("{}", reasons.empty() ? "no display" : reasons);
  }

  std::string name() const override { return "egl"; }
  std::unique_ptr<GlContext> make_context() override {
    return std::make_unique<EglContext>(egl_, display_, config_);
  }

 private:
  void find_functions() {
    object_.find("eglGetProcAddress", egl_.eglGetProcAddress);
    object_.find("eglGetDisplay", egl_.eglGetDisplay);
    object_.find("eglInitialize", egl_.eglInitialize);
    object_.find("eglChooseConfig", egl_.eglChooseConfig);
    object_.find("eglBindAPI", egl_.eglBindAPI);
    object_.find("eglCreateContext", egl_.eglCreateContext);
    object_.find("eglMakeCurrent", egl_.eglMakeCurrent);
    object_.find("eglDestroyContext", egl_.eglDestroyContext);
    object_.find("eglGetError", egl_.eglGetError);
    egl_.eglQueryDevicesEXT = reinterpret_cast<decltype(egl_.eglQueryDevicesEXT)>(
        egl_.eglGetProcAddress("eglQueryDevicesEXT"));
    egl_.eglGetPlatformDisplayEXT = reinterpret_cast<decltype(egl_.eglGetPlatformDisplayEXT)>(
        egl_.eglGetProcAddress("eglGetPlatformDisplayEXT"));
  }

  // Those of the devices, graphics cards before Mesa's software; the default one behind.
  std::vector<Handle> displays() const {
    std::vector<Handle> found;
    if (egl_.eglQueryDevicesEXT != nullptr && egl_.eglGetPlatformDisplayEXT != nullptr) {
      std::array<Handle, kMaxDevices> devices{};
      EglInt count = 0;
      if (egl_.eglQueryDevicesEXT(kMaxDevices, devices.data(), &count) == 0) count = 0;
      for (EglInt i = 0; i < count; ++i) {
        found.push_back(egl_.eglGetPlatformDisplayEXT(kPlatformDevice, devices[i], nullptr));
      }
    }
    found.push_back(egl_.eglGetDisplay(nullptr));
    std::erase(found, nullptr);
    return found;
  }

  // Error: it cannot draw.
  void use(Handle display) {
    if (egl_.eglInitialize(display, nullptr, nullptr) == 0) {
      fail("a display cannot be initialised (EGL error {:#x})", egl_.eglGetError());
    }
    EglInt count = 0;
    egl_.eglChooseConfig(display, kConfig.data(), &config_, 1, &count);
    if (count < 1) fail("a display without OpenGL");
    EglContext trial(egl_, display, config_);
    trial.acquire();
    trial.release();
    display_ = display;  // never terminated: it is the process's
  }

  SharedObject object_{"libEGL.so.1"};
  EglFunctions egl_{};
  Handle display_ = nullptr;
  Handle config_ = nullptr;
};

}  // namespace

std::unique_ptr<GlLibrary> open_egl() { return std::make_unique<EglLibrary>(); }

}  // namespace foresight

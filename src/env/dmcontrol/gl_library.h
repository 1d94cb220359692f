// OpenGL without a window, for MuJoCo's renderer: EGL (a graphics card's driver or Mesa's
// software), or OSMesa. Both are opened at run time: a machine that has neither runs everything but
// pictures.
#pragma once

#include <memory>
#include <string>

namespace foresight {

// What OpenGL draws with and into. Of one thread at a time.
class GlContext {
 public:
  virtual ~GlContext() = default;
  virtual void acquire() = 0;  // by the calling thread
  virtual void release() = 0;
};

class GlLibrary {
 public:
  virtual ~GlLibrary() = default;
  virtual std::string name() const = 0;  // "egl", "osmesa"
  virtual std::unique_ptr<GlContext> make_context() = 0;
};

// The one that this process draws with, chosen at the first call: EGL, else OSMesa; or the one that
// MUJOCO_GL names (MuJoCo's own variable), and nothing else. MuJoCo keeps OpenGL's functions for
// the whole process, so that it cannot change. Error: none works, why, and what to install.
GlLibrary& gl_library();

// The parts of that choice. Error: why it cannot be used.
std::unique_ptr<GlLibrary> open_egl();
std::unique_ptr<GlLibrary> open_osmesa();

}  // namespace foresight

#include "env/dmcontrol/gl_library.h"

#include <cstdlib>

#include "base/error.h"

namespace foresight {
namespace {

constexpr const char* kVariable = "MUJOCO_GL";

std::unique_ptr<GlLibrary> choose_library() {
  const char* variable = std::getenv(kVariable);
  const std::string wanted = variable == nullptr ? "" : variable;
  if (!wanted.empty() && wanted != "egl" && wanted != "osmesa") {
    fail("{}={}: pictures are drawn with egl or osmesa; unset it to let the machine decide",
         kVariable, wanted);
  }
  std::string reasons;
  const auto try_it = [&](const char* name, auto open) -> std::unique_ptr<GlLibrary> {
    if (!wanted.empty() && wanted != name) return nullptr;
    try {
      return open();
    } catch (const Error& error) {
      reasons += fmt::format("\n  {}: {}", name, error.what());
      return nullptr;
    }
  };
  auto library = try_it("egl", open_egl);
  if (library == nullptr) library = try_it("osmesa", open_osmesa);
  if (library == nullptr) {
    fail(
        "env.pixels = true, but this machine cannot draw pictures without a window{}\n"
        "  On Debian and Ubuntu install EGL (libegl1 and libgl1-mesa-dri) or OSMesa (libosmesa6)",
        reasons);
  }
  return library;
}

}  // namespace

GlLibrary& gl_library() {
  static const std::unique_ptr<GlLibrary> library = choose_library();
  return *library;
}

}  // namespace foresight

// Types, functions and numbers as Mesa's GL/osmesa.h defines them: no header is needed to build.
#include <cstdint>
#include <vector>

#include "env/dmcontrol/gl_library.h"
#include "env/dmcontrol/shared_object.h"

namespace foresight {
namespace {

constexpr unsigned kRgba = 0x1908;
constexpr unsigned kUnsignedByte = 0x1401;
constexpr int kDepthBits = 24;
constexpr int kStencilBits = 8;
// Of the buffer that a context must have; MuJoCo draws into one of its own.
constexpr int kBufferSize = 8;

struct OsMesaFunctions {
  void* (*OSMesaCreateContextExt)(unsigned, int, int, int, void*);
  unsigned char (*OSMesaMakeCurrent)(void*, void*, unsigned, int, int);
  void (*OSMesaDestroyContext)(void*);
};

class OsMesaContext final : public GlContext {
 public:
  explicit OsMesaContext(const OsMesaFunctions& mesa)
      : mesa_(mesa),
        context_(
            mesa.OSMesaCreateContextExt(kRgba, kDepthBits, kStencilBits, /*accum=*/0, nullptr)),
        buffer_(4 * kBufferSize * kBufferSize) {
    if (context_ == nullptr) fail("no OpenGL context");
  }
  ~OsMesaContext() override { mesa_.OSMesaDestroyContext(context_); }

  void acquire() override {
    if (mesa_.OSMesaMakeCurrent(context_, buffer_.data(), kUnsignedByte, kBufferSize,
                                kBufferSize) == 0) {
      fail("an OpenGL context cannot be used");
    }
  }
  void release() override { mesa_.OSMesaMakeCurrent(nullptr, nullptr, 0, 0, 0); }

 private:
  const OsMesaFunctions& mesa_;
  void* context_;
  std::vector<std::uint8_t> buffer_;
};

class OsMesaLibrary final : public GlLibrary {
 public:
  OsMesaLibrary() {
    object_.find("OSMesaCreateContextExt", mesa_.OSMesaCreateContextExt);
    object_.find("OSMesaMakeCurrent", mesa_.OSMesaMakeCurrent);
    object_.find("OSMesaDestroyContext", mesa_.OSMesaDestroyContext);
    OsMesaContext trial(mesa_);
    trial.acquire();
    trial.release();
    object_.publish();
  }

  std::string name() const override { return "osmesa"; }
  std::unique_ptr<GlContext> make_context() override {
    return std::make_unique<OsMesaContext>(mesa_);
  }

 private:
  SharedObject object_{"libOSMesa.so.8"};
  OsMesaFunctions mesa_{};
};

}  // namespace

std::unique_ptr<GlLibrary> open_osmesa() { return std::make_unique<OsMesaLibrary>(); }

}  // namespace foresight

// A shared library that is opened at run time, for the two of gl_library.h. Never closed: drivers
// of graphics cards leave threads behind.
#pragma once

#include <dlfcn.h>

#include <string>

#include "base/error.h"

namespace foresight {

class SharedObject {
 public:
  // Error: the linker's reason.
  explicit SharedObject(const std::string& name)
      : name_(name), handle_(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) fail("{}", ::dlerror());
  }

  template <typename Function>
  void find(const char* function_name, Function*& function) const {
    function = reinterpret_cast<Function*>(::dlsym(handle_, function_name));
    if (function == nullptr) fail("{} has no {}", name_, function_name);
  }

  // From now on every library of the process finds its functions, as MuJoCo's does OpenGL's.
  void publish() const {
    if (::dlopen(name_.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) == nullptr) {
      fail("{}", ::dlerror());
    }
  }

 private:
  std::string name_;
  void* handle_;
};

}  // namespace foresight

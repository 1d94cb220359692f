#include "cluster/own_library.h"

#include <dlfcn.h>

#include <filesystem>

namespace foresight {
namespace {

// Some code of ours, wherever it was loaded from.
void a_place_in_this_library() {}

std::filesystem::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&a_place_in_this_library), &info) == 0) return {};
  return std::filesystem::absolute(info.dli_fname).parent_path();
}

}  // namespace

// Global: MPI loads parts of itself later, and they look for it.
OwnLibrary::OwnLibrary(const std::string& file_name)
    : handle_(dlopen((own_folder() / file_name).c_str(), RTLD_NOW | RTLD_GLOBAL)) {
  if (handle_ == nullptr) problem_ = dlerror();
}

void* OwnLibrary::find(const char* name) const {
  return handle_ == nullptr ? nullptr : dlsym(handle_, name);
}

}  // namespace foresight

# Finds LibTorch without TorchConfig.cmake, which insists on a CUDA toolkit even to use the CPU part.
# Looks in LIBTORCH_ROOT (CMake or environment; a folder that holds include/ and lib/), then in the
# checkout's .deps/libtorch/torch. Gives the target LibTorch::LibTorch and LibTorch_VERSION.
set(_roots ${LIBTORCH_ROOT} $ENV{LIBTORCH_ROOT} ${PROJECT_SOURCE_DIR}/.deps/libtorch/torch)
find_path(LibTorch_INCLUDE_DIR ATen/core/Tensor.h PATHS ${_roots} PATH_SUFFIXES include
  NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(LibTorch_CUDA_LIBRARY torch_cuda PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)

if(LibTorch_INCLUDE_DIR)
  file(STRINGS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h _version
    REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*" "\\1" _major "${_version}")
  string(REGEX REPLACE ".*MINOR ([0-9]+).*" "\\1" _minor "${_version}")
  string(REGEX REPLACE ".*PATCH ([0-9]+).*" "\\1" _patch "${_version}")
  set(LibTorch_VERSION ${_major}.${_minor}.${_patch})
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "Run ./foresight build, which fetches it, or set LIBTORCH_ROOT.")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  get_filename_component(LibTorch_LIB_DIR ${LibTorch_CPU_LIBRARY} DIRECTORY)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES
      "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${LibTorch_CPU_LIBRARY};${LibTorch_C10_LIBRARY}"
    # The CUDA runtime and CUPTI lie beside libtorch_cpu.so.
    INTERFACE_LINK_OPTIONS "-Wl,-rpath-link,${LibTorch_LIB_DIR};-Wl,-rpath,${LibTorch_LIB_DIR}")
endif()
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY
  LibTorch_CUDA_LIBRARY LibTorch_C10_CUDA_LIBRARY)

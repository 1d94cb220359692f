# Finds LibTorch without TorchConfig.cmake, which insists on a CUDA toolkit even to use the CPU part.
# Looks in LIBTORCH_ROOT (CMake or environment; a folder that holds include/ and lib/), then in the
# checkout's .deps/libtorch/torch. Gives the target LibTorch::LibTorch, LibTorch_VERSION and
# LibTorch_ROOT_DIR. The CUDA part is linked if it is there (not run by the authors' CI).
set(_roots ${LIBTORCH_ROOT} $ENV{LIBTORCH_ROOT} ${PROJECT_SOURCE_DIR}/.deps/libtorch/torch)
find_path(LibTorch_INCLUDE_DIR ATen/core/Tensor.h PATHS ${_roots} PATH_SUFFIXES include
  NO_DEFAULT_PATH)
foreach(_part torch_cpu c10 torch_cuda c10_cuda)
  string(TOUPPER LibTorch_${_part}_LIBRARY _variable)
  find_library(${_variable} ${_part} PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
  mark_as_advanced(${_variable})
endforeach()
mark_as_advanced(LibTorch_INCLUDE_DIR)

if(LibTorch_INCLUDE_DIR)
  get_filename_component(LibTorch_ROOT_DIR ${LibTorch_INCLUDE_DIR} DIRECTORY)
  file(STRINGS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h _version
    REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*" "\\1" _major "${_version}")
  string(REGEX REPLACE ".*MINOR ([0-9]+).*" "\\1" _minor "${_version}")
  string(REGEX REPLACE ".*PATCH ([0-9]+).*" "\\1" _patch "${_version}")
  set(LibTorch_VERSION ${_major}.${_minor}.${_patch})
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LIBTORCH_TORCH_CPU_LIBRARY LIBTORCH_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "Run ./foresight build, which fetches it, or set LIBTORCH_ROOT.")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  set(_libraries ${LIBTORCH_TORCH_CPU_LIBRARY} ${LIBTORCH_C10_LIBRARY})
  set(_includes ${LibTorch_INCLUDE_DIR} ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include)
  # libtorch_cpu.so itself needs libraries of NVIDIA: ours lie beside it, those of a full
  # installation in sibling packages. It finds them by its own rpath; the linker must be told.
  file(GLOB _nvidia_libraries ${LibTorch_ROOT_DIR}/../nvidia/*/lib)
  set(_link_options "")
  foreach(_folder ${LibTorch_ROOT_DIR}/lib ${_nvidia_libraries})
    list(APPEND _link_options -Wl,-rpath-link,${_folder})
  endforeach()
  if(LIBTORCH_TORCH_CUDA_LIBRARY)
    # It registers itself when it is loaded, whether or not somebody names one of its symbols.
    file(GLOB _runtime ${LibTorch_ROOT_DIR}/lib/libcudart*.so*
      ${LibTorch_ROOT_DIR}/../nvidia/*/lib/libcudart.so*)
    list(APPEND _libraries -Wl,--push-state,--no-as-needed ${LIBTORCH_TORCH_CUDA_LIBRARY}
      ${LIBTORCH_C10_CUDA_LIBRARY} -Wl,--pop-state)
    if(_runtime)
      list(GET _runtime 0 _runtime)
      list(APPEND _libraries ${_runtime})
    endif()
    file(GLOB _cuda_includes ${LibTorch_ROOT_DIR}/../nvidia/cu*/include)
    list(APPEND _includes ${_cuda_includes})
  endif()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_includes}"
    INTERFACE_LINK_LIBRARIES "${_libraries}"
    # The wheel ships headers of a newer fmt than the distribution's library: where both meet, fmt
    # is compiled in (its versions live in different inline namespaces).
    INTERFACE_COMPILE_DEFINITIONS FMT_HEADER_ONLY
    INTERFACE_LINK_OPTIONS "${_link_options}")
endif()

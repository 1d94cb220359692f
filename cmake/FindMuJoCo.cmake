# Finds MuJoCo's C library as the PyPI wheel ships it (no unversioned name, no CMake package). Looks
# in MUJOCO_ROOT (CMake or environment; a folder that holds include/ and lib/), then in the
# checkout's .deps/mujoco. Gives the target MuJoCo::MuJoCo, MuJoCo_LIBRARY and MuJoCo_VERSION.
set(_roots ${MUJOCO_ROOT} $ENV{MUJOCO_ROOT} ${PROJECT_SOURCE_DIR}/.deps/mujoco)
find_path(MuJoCo_INCLUDE_DIR mujoco/mujoco.h PATHS ${_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
mark_as_advanced(MuJoCo_INCLUDE_DIR)
if(MuJoCo_INCLUDE_DIR)
  get_filename_component(_root ${MuJoCo_INCLUDE_DIR} DIRECTORY)
  file(GLOB MuJoCo_LIBRARY ${_root}/lib/libmujoco.so.*)
  string(REGEX REPLACE ".*libmujoco\\.so\\." "" MuJoCo_VERSION "${MuJoCo_LIBRARY}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MuJoCo REQUIRED_VARS MuJoCo_LIBRARY MuJoCo_INCLUDE_DIR
  VERSION_VAR MuJoCo_VERSION
  REASON_FAILURE_MESSAGE "Run ./foresight build, which fetches it, or set MUJOCO_ROOT.")

if(MuJoCo_FOUND AND NOT TARGET MuJoCo::MuJoCo)
  add_library(MuJoCo::MuJoCo SHARED IMPORTED)
  set_target_properties(MuJoCo::MuJoCo PROPERTIES
    IMPORTED_LOCATION ${MuJoCo_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${MuJoCo_INCLUDE_DIR})
endif()

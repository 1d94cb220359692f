# The Box2D sources of the hockey game everyone plays in: those inside the PyPI sdist
# box2d-py 2.3.8 (zlib licence), which ./foresight fetches by hash into .deps/box2d.
set(BOX2D_ROOT ${PROJECT_SOURCE_DIR}/.deps/box2d CACHE PATH "Folder that holds Box2D/")
file(GLOB_RECURSE _box2d_sources ${BOX2D_ROOT}/Box2D/Collision/*.cpp
  ${BOX2D_ROOT}/Box2D/Common/*.cpp ${BOX2D_ROOT}/Box2D/Dynamics/*.cpp)
if(NOT _box2d_sources)
  message(FATAL_ERROR "No Box2D sources in ${BOX2D_ROOT}. Run ./foresight build, which fetches them.")
endif()
# The engine asks the clock about twenty times a step, for a profile that nobody reads.
list(FILTER _box2d_sources EXCLUDE REGEX b2Timer)
file(GLOB _box2d_stand_ins CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/box2d/*.cpp)
add_library(box2d OBJECT ${_box2d_sources} ${_box2d_stand_ins})
# Any contraction to fused multiply-adds changes every trajectory.
target_compile_options(box2d PRIVATE -w -ffp-contract=off)
target_include_directories(box2d SYSTEM PUBLIC ${BOX2D_ROOT} ${PROJECT_SOURCE_DIR}/cmake/box2d)
# For tests that look at the engine itself.
add_library(box2d_headers INTERFACE)
target_include_directories(box2d_headers SYSTEM INTERFACE ${BOX2D_ROOT} ${PROJECT_SOURCE_DIR}/cmake/box2d)

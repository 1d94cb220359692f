# cmake --install build/release --prefix X, then find_package(Foresight) in another project. The
# installed library goes on using the LibTorch folder that it was built with.
include(CMakePackageConfigHelpers)

install(TARGETS foresight EXPORT ForesightTargets LIBRARY DESTINATION lib)
foreach(part foresight_mpi foresight_nccl)
  if(TARGET ${part})
    install(TARGETS ${part} LIBRARY DESTINATION lib)
  endif()
endforeach()
if(TARGET foresight_program)
  install(TARGETS foresight_program RUNTIME DESTINATION bin)
endif()
# Headers name each other relative to src/, hence a folder of their own on the include path.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/ DESTINATION include/foresight
  FILES_MATCHING PATTERN "*.h" PATTERN cli EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs ${PROJECT_SOURCE_DIR}/models
  ${PROJECT_SOURCE_DIR}/python DESTINATION share/foresight OPTIONAL
  PATTERN __pycache__ EXCLUDE)
# The physics engine lies beside the library, the models where DMControl's environments look.
install(FILES ${MuJoCo_LIBRARY} DESTINATION lib)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/.deps/dm_control DESTINATION share/foresight OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/THIRD_PARTY_NOTICES.md
  DESTINATION share/doc/foresight)

set(package_dir lib/cmake/Foresight)
install(EXPORT ForesightTargets NAMESPACE Foresight:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ForesightConfig.cmake.in
  ${PROJECT_BINARY_DIR}/ForesightConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ForesightConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ForesightConfig.cmake
  ${PROJECT_BINARY_DIR}/ForesightConfigVersion.cmake cmake/FindLibTorch.cmake
  DESTINATION ${package_dir})

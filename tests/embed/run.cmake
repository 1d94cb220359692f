# Installs the build into a folder of its own, then configures, builds and runs tests/embed with it:
#   cmake -DSOURCE=<tests/embed> -DBUILD=<build folder> -DCXX=<compiler> -P run.cmake
set(prefix ${BUILD}/embed/prefix)
set(work ${BUILD}/embed/work)
file(REMOVE_RECURSE ${BUILD}/embed)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${work} -G Ninja -DCMAKE_CXX_COMPILER=${CXX}
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${work})
run(${work}/embed)
run(${work}/control_loop ${SOURCE}/../../models/hockey-quick)
if(EXISTS ${prefix}/bin/foresight)
  run(${prefix}/bin/foresight --version)
endif()

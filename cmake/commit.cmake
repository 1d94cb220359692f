# Writes the commit of the checkout into a header, at every build, touched only when it changes.
#   cmake -DSOURCE=<checkout> -DOUTPUT=<header> -P commit.cmake
# The checkout may belong to somebody else, for instance in a container.
execute_process(COMMAND git -C ${SOURCE} -c safe.directory=* describe
  --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
set(text "#pragma once\nnamespace foresight {\ninline constexpr const char* kCommit = \"${commit}\";\n}\n")
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()

// Sections of environments in Python for tests, run by the interpreter that
// FORESIGHT_GYMNASIUM_PYTHON names; ./foresight test prepares it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "config/table.h"
#include "env/env.h"

namespace foresight {

inline std::string gymnasium_python() {
  const char* python = std::getenv("FORESIGHT_GYMNASIUM_PYTHON");
  return python == nullptr ? "" : python;
}

#define FS_SKIP_WITHOUT_PYTHON()                                                              \
  if (gymnasium_python().empty())                                                             \
  GTEST_SKIP() << "set FORESIGHT_GYMNASIUM_PYTHON to a Python interpreter with the packages " \
                  "of scripts/envs/gymnasium.txt"

// The [env] of a class in tests/env/python/fake_envs.py; `rest` are more lines of TOML.
inline std::string fake_env_toml(const std::string& class_name, const std::string& rest = "") {
  return "id = \"fake_envs:" + class_name + "\"\npython = \"" + gymnasium_python() +
         "\"\npython_path = \"" FORESIGHT_SOURCE_DIR "/tests/env/python\"\n" + rest;
}

inline std::unique_ptr<Env> make_fake_env(const std::string& class_name,
                                          const std::string& rest = "") {
  return make_env(parse_toml(fake_env_toml(class_name, rest), "test"));
}

}  // namespace foresight

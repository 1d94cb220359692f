// The two kinds of failure. Error: the user can fix it (a file, a key, a checkpoint); the text says
// where, what was expected, what was found and what to do; main() prints it and exits with 2.
// ContractViolation: a bug in this program, raised by FS_CHECK at module boundaries.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace foresight {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Throws Error with a formatted message.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

[[noreturn]] void contract_violation(const char* file, int line, const char* condition,
                                     const std::string& message);

}  // namespace foresight

// Always on: shapes, devices and finite numbers at module boundaries.
#define FS_CHECK(condition, ...)                                                                 \
  do {                                                                                           \
    if (!(condition)) [[unlikely]]                                                               \
      ::foresight::contract_violation(__FILE__, __LINE__, #condition, fmt::format(__VA_ARGS__)); \
  } while (false)

// Off in release builds: for inner loops.
#ifdef NDEBUG
#define FS_DCHECK(condition, ...) \
  do {                            \
  } while (false)
#else
#define FS_DCHECK(condition, ...) FS_CHECK(condition, __VA_ARGS__)
#endif

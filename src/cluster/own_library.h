// A part of the program that lies beside it as a library of its own, because what it needs is not
// on every machine.
#pragma once

#include <string>

namespace foresight {

class OwnLibrary {
 public:
  // Loads it; it stays.
  explicit OwnLibrary(const std::string& file_name);
  // Null: the library or the name in it is not there, and problem() says why.
  void* find(const char* name) const;
  const std::string& problem() const { return problem_; }

 private:
  void* handle_ = nullptr;
  std::string problem_;
};

}  // namespace foresight

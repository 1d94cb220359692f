// A program of others that measures itself on request: one JSON line for each line that it reads.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace foresight {

class PeerProcess {
 public:
  // words: program and arguments. Waits for its first line. Error: it cannot be started or says
  // nothing, with its last words.
  explicit PeerProcess(const std::vector<std::string>& words);
  // Ends its input and waits for it.
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  const nlohmann::json& greeting() const { return *greeting_; }
  // Sends an empty line and reads the answer.
  nlohmann::json ask();

 private:
  nlohmann::json read_line();

  std::string name_;
  pid_t process_ = 0;
  std::FILE* input_ = nullptr;   // what we say
  std::FILE* output_ = nullptr;  // what it answers
  std::unique_ptr<nlohmann::json> greeting_;
};

}  // namespace foresight

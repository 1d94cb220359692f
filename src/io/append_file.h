// A text file that grows line by line and is up to date after each: another program can follow it,
// and a killed one loses at most the line it was writing.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace foresight {

class AppendFile {
 public:
  // Makes the file, or goes on behind its last whole line: half a line, left by a killed program,
  // is cut off. Error: the path and the reason of the system.
  explicit AppendFile(std::filesystem::path path);

  void write_line(std::string_view line);
  const std::filesystem::path& path() const { return path_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace foresight

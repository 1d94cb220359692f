#include "io/atomic_file.h"

#include <sys/resource.h>

#include <csignal>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

using AtomicFileTest = ScratchFolder;

// Lets this process write files of at most `bytes`: a full disk, as a program sees it.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

TEST_F(AtomicFileTest, ReplacesAFileByTheWholeNewOne) {
  const auto path = write("a", "old");
  AtomicFile file(path);
  file.write("new ");
  file.write("text");
  EXPECT_EQ(read(path), "old");
  file.commit();
  EXPECT_EQ(read(path), "new text");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  {
    AtomicFile file(folder_ / "a");
    file.write("text");
    EXPECT_EQ(num_files(), 1u);
  }
  EXPECT_EQ(num_files(), 0u);
}

TEST_F(AtomicFileTest, NamesThePathAndTheReasonForAFolderThatIsNotThere) {
  const auto path = folder_ / "nowhere" / "a";
  EXPECT_EQ(error_of([&] { write_file_atomically(path, "x"); }),
            path.string() + ": cannot write: No such file or directory");
}

TEST_F(AtomicFileTest, RefusesToReplaceAFolder) {
  const auto path = folder_ / "a";
  std::filesystem::create_directories(path / "b");
  EXPECT_EQ(error_of([&] { write_file_atomically(path, "x"); }),
            path.string() + ": cannot write: Is a directory");
  EXPECT_EQ(num_files(), 1u);
  EXPECT_NE(error_of([&] { write_file_atomically(path / "", "x"); }), "");
}

TEST_F(AtomicFileTest, KeepsTheOldFileWhenTheDiskIsFull) {
  const auto path = write("a", "old");
  std::string error;
  {
    const FileSizeLimit limit(1 << 16);
    error = error_of([&] { write_file_atomically(path, std::string(1 << 20, 'x')); });
  }
  EXPECT_EQ(error, path.string() + ": cannot write: File too large");
  EXPECT_EQ(read(path), "old");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFileTest, RefusesToWriteAfterCommit) {
  AtomicFile file(folder_ / "a");
  file.commit();
  EXPECT_THROW(file.write("x"), ContractViolation);
  EXPECT_THROW(file.commit(), ContractViolation);
}

}  // namespace
}  // namespace foresight

#include "io/tensorboard_writer.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "io/event_record.h"
#include "io/png.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kKeepAll = std::numeric_limits<std::int64_t>::max();

std::string row(std::int64_t step) { return scalars_record(step, 0.5, {{"loss", 2}}); }
std::string rows(std::initializer_list<std::int64_t> steps) {
  std::string text;
  for (const std::int64_t step : steps) text += row(step);
  return text;
}

class TensorboardWriterTest : public ScratchFolder {
 protected:
  // An event file of an earlier part of the run.
  fs::path write_old(const std::string& text) const {
    return write("events.out.tfevents.0000000100.host", text);
  }

  void resume(std::int64_t keep_step, std::int64_t next_step) const {
    TensorboardWriter(folder_, keep_step).write(next_step, 0.5, {{"loss", 2}});
  }

  std::vector<fs::path> event_files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with("events.out.tfevents.")) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  // The rows of all files, in the order in which TensorBoard reads them.
  std::string all_rows() const {
    std::string text;
    for (const fs::path& file : event_files()) {
      EventReader reader(file);
      while (const auto record = reader.next()) text += record->is_version ? "" : record->bytes;
    }
    return text;
  }
};

TEST_F(TensorboardWriterTest, WritesAVersionAndThenARowARecord) {
  TensorboardWriter writer(folder_, -1);
  EXPECT_EQ(read(writer.path()).size(), version_record(0).size());
  writer.write(10, 0.5, {{"step", 10}, {"time_s", 3}, {"loss", 2}});
  writer.write(20, 0.5, {{"loss", 2}});
  const std::string text = read(writer.path());
  EXPECT_EQ(text.substr(version_record(0).size()), rows({10, 20}));
  const auto first = EventReader(writer.path()).next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_version);
}

TEST_F(TensorboardWriterTest, NamesItsFileSoThatTensorBoardFindsIt) {
  const TensorboardWriter writer(folder_, -1);
  EXPECT_EQ(writer.path().parent_path(), folder_);
  const std::string name = writer.path().filename().string();
  const std::string prefix = "events.out.tfevents.";
  ASSERT_EQ(name.substr(0, prefix.size()), prefix);
  EXPECT_EQ(name.find_first_not_of("0123456789", prefix.size()), prefix.size() + 10);
  EXPECT_EQ(name[prefix.size() + 10], '.');
  EXPECT_GT(name.size(), prefix.size() + 11);
}

TEST_F(TensorboardWriterTest, NamesTheFilesOfARunInTheOrderOfItsParts) {
  std::vector<fs::path> paths;
  for (int part = 0; part < 3; ++part) {
    TensorboardWriter writer(folder_, kKeepAll);
    writer.write(part, 0.5, {{"loss", 2}});
    paths.push_back(writer.path());
  }
  EXPECT_EQ(event_files(), paths);
  EXPECT_EQ(all_rows(), rows({0, 1, 2}));
}

TEST_F(TensorboardWriterTest, NamesItsFileBehindOneFromTheFuture) {
  write("events.out.tfevents.4000000000.elsewhere", version_record(1) + row(10));
  const TensorboardWriter writer(folder_, kKeepAll);
  EXPECT_TRUE(writer.path().filename().string().starts_with("events.out.tfevents.4000000001."));
}

TEST_F(TensorboardWriterTest, SurvivesFileNamesWithoutAUsefulTime) {
  for (const char* name : {"", "x", ".host", "18446744073709551615", "99999999999999999999.host"}) {
    write(std::string("events.out.tfevents.") + name, version_record(1) + row(10));
  }
  resume(kKeepAll, 20);
  EXPECT_EQ(event_files().size(), 6u);
}

TEST_F(TensorboardWriterTest, DropsTheRowsThatAResumedRunWillWriteAgain) {
  const auto path = write_old(version_record(1) + rows({10, 20, 30, 40}));
  resume(20, 30);
  EXPECT_EQ(read(path), version_record(1) + rows({10, 20}));
  EXPECT_EQ(all_rows(), rows({10, 20, 30}));
  EXPECT_EQ(num_files(), 2u);
}

TEST_F(TensorboardWriterTest, DropsLateRowsWhereverTheyAre) {
  write_old(version_record(1) + rows({40, 10, 30, 20}));
  write("events.out.tfevents.0000000050.host", version_record(1) + rows({50, 5}));
  resume(20, 25);
  EXPECT_EQ(all_rows(), rows({5, 10, 20, 25}));
}

TEST_F(TensorboardWriterTest, RemovesFilesOfWhichNoRowIsLeft) {
  write_old(version_record(1) + rows({10, 20}));
  resume(-1, 10);
  EXPECT_EQ(all_rows(), row(10));
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(TensorboardWriterTest, DoesNotTouchAFileThatIsAsItShouldBe) {
  const auto path = write_old(version_record(1) + rows({10, 20}));
  struct stat before{};
  struct stat after{};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  resume(20, 30);
  ASSERT_EQ(::stat(path.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
  EXPECT_EQ(all_rows(), rows({10, 20, 30}));
}

TEST_F(TensorboardWriterTest, KeepsWholeRowsOfAFileThatEndsAnywhere) {
  const std::string whole = version_record(1) + rows({10, 20, 30});
  const std::size_t head = version_record(1).size();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    write_old(whole.substr(0, size));
    resume(kKeepAll, 90);
    const std::size_t num_rows = size < head ? 0 : (size - head) / row(10).size();
    ASSERT_EQ(all_rows(), rows({10, 20, 30}).substr(0, num_rows * row(10).size()) + row(90))
        << size;
    for (const fs::path& file : event_files()) fs::remove(file);
    ASSERT_EQ(num_files(), 0u) << size;
  }
}

TEST_F(TensorboardWriterTest, KeepsTheRowsBeforeADamagedByte) {
  const std::string whole = version_record(1) + rows({10, 20, 30});
  const std::size_t head = version_record(1).size();
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write_old(damaged);
    resume(kKeepAll, 90);
    const std::size_t num_rows = place < head ? 0 : (place - head) / row(10).size();
    ASSERT_EQ(all_rows(), rows({10, 20, 30}).substr(0, num_rows * row(10).size()) + row(90))
        << place;
    for (const fs::path& file : event_files()) fs::remove(file);
  }
}

TEST_F(TensorboardWriterTest, CutsGarbageBehindTheLastRow) {
  const auto path = write_old(version_record(1) + row(10) + std::string(100'000, 'x'));
  resume(kKeepAll, 20);
  EXPECT_EQ(read(path), version_record(1) + row(10));
  EXPECT_EQ(all_rows(), rows({10, 20}));
}

TEST_F(TensorboardWriterTest, LeavesAloneWhatItDidNotWrite) {
  write("metrics.csv", "step\n90\n");
  write("other.tfevents.1.host", version_record(1) + row(90));
  const std::string text = "this is not an event file, though its name says so";
  const auto stranger = write_old(text);
  fs::create_directories(folder_ / "events.out.tfevents.0000000200.folder" / "x");
  fs::create_symlink("nowhere", folder_ / "events.out.tfevents.0000000300.link");
  ASSERT_EQ(::mkfifo((folder_ / "events.out.tfevents.0000000400.pipe").c_str(), 0600), 0);
  resume(-1, 10);
  EXPECT_EQ(num_files(), 7u);
  EXPECT_EQ(read(folder_ / "other.tfevents.1.host"), version_record(1) + row(90));
  EXPECT_EQ(read(stranger), text);
}

TEST_F(TensorboardWriterTest, IsNotStoppedByALeftoverOfACutThatWasKilled) {
  write(".kept_events", row(90));
  write_old(version_record(1) + rows({10, 20}));
  resume(10, 20);
  EXPECT_EQ(all_rows(), rows({10, 20}));
  EXPECT_EQ(num_files(), 2u);
}

TEST_F(TensorboardWriterTest, NamesThePathOfAFolderThatIsNotThere) {
  const std::string error = error_of([&] { TensorboardWriter(folder_ / "x", -1); });
  EXPECT_TRUE(error.starts_with((folder_ / "x" / "events.out.tfevents.").string())) << error;
  EXPECT_TRUE(error.ends_with(": cannot write: No such file or directory")) << error;
}

// What the program at the other end reads. JSON has no word for nan and inf: they come as strings.
nlohmann::json read_by_tensorboard(const char* python, const fs::path& folder) {
  const std::string command = fmt::format("'{}' '{}/tests/io/read_tensorboard.py' '{}'", python,
                                          FORESIGHT_SOURCE_DIR, folder.string());
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) fail("cannot run {}", command);
  std::string output;
  for (int letter = 0; (letter = std::fgetc(pipe)) != EOF;) output += static_cast<char>(letter);
  const int status = ::pclose(pipe);
  if (status != 0) fail("{} ended with {}", command, status);
  return nlohmann::json::parse(output);
}

TEST_F(TensorboardWriterTest, IsReadByTensorBoardItself) {
  const char* python = std::getenv("FORESIGHT_TENSORBOARD_PYTHON");
  if (python == nullptr) {
    GTEST_SKIP() << "set FORESIGHT_TENSORBOARD_PYTHON to a Python interpreter with the packages of "
                    "scripts/requirements-tests.txt";
  }
  write("events.out.tfevents.0000000001.host", "no event file");
  {
    TensorboardWriter writer(folder_, -1);
    for (int step = 0; step <= 5000; step += 10) {
      writer.write(step, 1.7e9 + step / 64.0, {{"step", step}, {"loss/total", step / 3.0}});
    }
    std::ofstream(writer.path(), std::ios::app | std::ios::binary) << row(5010).substr(0, 30);
  }
  const std::int64_t late = std::int64_t{1} << 40;
  TensorboardWriter writer(folder_, 2000);
  writer.write(2010, 1.8e9, {{"loss/total", std::nan("")}, {"a \"b\" \xff\n", 1e-40}});
  writer.write(late, 1.8e9, {{"loss/total", kInfinity}, {"win", -0.0}});
  writer.write(late + 1, 1.8e9, {{"loss/total", -kInfinity}});
  writer.write(late + 2, 1.8e9, {});
  const NamedPicture picture{
      "dream", {.width = 2, .height = 3, .channels = 1, .pixels = {0, 50, 100, 150, 200, 250}}};
  writer.write_picture(late + 3, 1.8e9, picture);

  nlohmann::json expected;
  auto& loss = expected["loss/total"];
  for (int step = 0; step <= 2000; step += 10) {
    loss.push_back({step, 1.7e9 + step / 64.0, static_cast<float>(step / 3.0)});
  }
  loss.push_back({2010, 1.8e9, "nan"});
  loss.push_back({late, 1.8e9, "inf"});
  loss.push_back({late + 1, 1.8e9, "-inf"});
  expected["a \"b\" \xef\xbf\xbd\n"].push_back({2010, 1.8e9, static_cast<float>(1e-40)});
  expected["win"].push_back({late, 1.8e9, -0.0});
  std::string digits;
  for (const char byte : encode_png(picture.picture)) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  expected["dream"].push_back({late + 3, 1.8e9, {2, 3, digits}});
  EXPECT_EQ(read_by_tensorboard(python, folder_), expected);
}

}  // namespace
}  // namespace foresight

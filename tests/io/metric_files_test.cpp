#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "io/csv_writer.h"
#include "io/jsonl_writer.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Jsonl = ScratchFolder;
using Csv = ScratchFolder;

TEST_F(Jsonl, WritesARowALineInTheOrderGiven) {
  JsonlWriter writer(folder_ / "a");
  writer.write({{"step", 1}, {"loss/total", 0.1 + 0.2}, {"a \"b\"", -1e-300}});
  writer.write({});
  EXPECT_EQ(read(folder_ / "a"),
            "{\"step\": 1, \"loss/total\": 0.30000000000000004, \"a \\\"b\\\"\": -1e-300}\n{}\n");
}

TEST_F(Jsonl, WritesNullForWhatIsNotFinite) {
  JsonlWriter writer(folder_ / "a");
  writer.write({{"a", std::nan("")}, {"b", kInfinity}});
  EXPECT_EQ(read(folder_ / "a"), "{\"a\": null, \"b\": null}\n");
}

TEST_F(Jsonl, IsReadableByAJsonParserWhateverTheName) {
  JsonlWriter writer(folder_ / "a");
  writer.write({{"new\nline \x01 \xff", 2.5}});
  const auto json = nlohmann::json::parse(read(folder_ / "a"));
  EXPECT_EQ(json.begin().value(), 2.5);
}

TEST_F(Jsonl, CutsOffHalfALineBeforeItGoesOn) {
  const auto path = write("a", "{\"step\": 1}\n{\"step\": 2, \"los");
  JsonlWriter(path).write({{"step", 3}});
  EXPECT_EQ(read(path), "{\"step\": 1}\n{\"step\": 3}\n");
  const auto half = write("b", "{\"st" + std::string(10000, 'x'));
  JsonlWriter(half).write({{"step", 3}});
  EXPECT_EQ(read(half), "{\"step\": 3}\n");
}

TEST_F(Jsonl, KeepsALongFileOfWholeLines) {
  const std::string lines = std::string(5000, 'x') + "\n" + std::string(9000, 'y') + "\n";
  const auto path = write("a", lines);
  JsonlWriter(path).write({});
  EXPECT_EQ(read(path), lines + "{}\n");
}

TEST_F(Jsonl, NamesThePathOfAFolderThatIsNotThere) {
  EXPECT_EQ(error_of([&] { JsonlWriter(folder_ / "x" / "a"); }),
            (folder_ / "x" / "a").string() + ": cannot write: No such file or directory");
}

TEST_F(Csv, WritesAHeaderAndARowALine) {
  CsvWriter writer(folder_ / "a");
  writer.write({{"step", 1}, {"loss", 0.5}});
  EXPECT_EQ(read(folder_ / "a"), "step,loss\n1,0.5\n");
  writer.write({{"loss", 0.25}, {"step", 2}});
  EXPECT_EQ(read(folder_ / "a"), "step,loss\n1,0.5\n2,0.25\n");
}

TEST_F(Csv, GrowsByAColumnWhenARowBringsOne) {
  CsvWriter writer(folder_ / "a");
  writer.write({{"step", 1}});
  writer.write({{"step", 2}, {"win, rate", 0.5}, {"a \"b\"", kInfinity}});
  writer.write({{"step", 3}});
  writer.write({{"win, rate", std::nan("")}});
  EXPECT_EQ(read(folder_ / "a"),
            "step,\"win, rate\",\"a \"\"b\"\"\"\n1,,\n2,0.5,inf\n3,,\n,nan,\n");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(Csv, GoesOnWithTheColumnsOfAnEarlierRun) {
  CsvWriter(folder_ / "a").write({{"step", 1}, {"win, \"rate\"", 0.5}});
  CsvWriter writer(folder_ / "a");
  writer.write({{"win, \"rate\"", 1}, {"new", 2}});
  EXPECT_EQ(read(folder_ / "a"), "step,\"win, \"\"rate\"\"\",new\n1,0.5,\n,1,2\n");
}

TEST_F(Csv, CutsOffHalfARowBeforeItGoesOn) {
  const auto path = write("a", "step,loss\n1,0.5\n2,0.");
  CsvWriter(path).write({{"step", 3}});
  EXPECT_EQ(read(path), "step,loss\n1,0.5\n3,\n");
  const auto half = write("b", "step,lo");
  CsvWriter(half).write({{"step", 3}});
  EXPECT_EQ(read(half), "step\n3\n");
}

TEST_F(Csv, RefusesAHeaderItCannotRead) {
  const auto path = write("a", "step,\"los\n1,2\n");
  EXPECT_EQ(error_of([&] { CsvWriter{path}; }),
            path.string() + ":1: the header ends inside of quotes");
}

}  // namespace
}  // namespace foresight

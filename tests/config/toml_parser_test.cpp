#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/rng.h"
#include "config/sample_config.h"
#include "config/table.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class TomlFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("foresight_toml_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  fs::path folder_;
};

TEST_F(TomlFile, RemembersTheLineOfEachValue) {
  const fs::path path = write("a.toml", "x = 1\n\n[t]\ny = [\n  1,\n  2,\n]\nu.v = 3\n");
  const Table table = read_toml_file(path);
  EXPECT_EQ(table.find("x")->origin, path.string() + ":1");
  const Table& inner = std::get<Table>(table.find("t")->data);
  EXPECT_EQ(inner.find("y")->origin, path.string() + ":4");
  EXPECT_EQ(std::get<ValueList>(inner.find("y")->data)[1].origin, path.string() + ":6");
  EXPECT_EQ(std::get<Table>(inner.find("u")->data).find("v")->origin, path.string() + ":8");
}

TEST_F(TomlFile, NamesTheNearestFileForAMissingOne) {
  write("quick.toml", "");
  EXPECT_EQ(error_of([&] { read_toml_file(folder_ / "quik.toml"); }),
            (folder_ / "quik.toml").string() + ": no such file; did you mean \"quick.toml\"?");
}

TEST_F(TomlFile, RefusesAFolder) {
  EXPECT_EQ(error_of([&] { read_toml_file(folder_); }),
            folder_.string() + ": expected a file, found a folder");
}

TEST_F(TomlFile, RefusesAFileOfMoreThanAMebibyte) {
  const fs::path path = write("big.toml", std::string(kMaxConfigBytes + 1, '\n'));
  EXPECT_EQ(error_of([&] { read_toml_file(path); }),
            path.string() + ": too big: expected at most 1048576 bytes");
  EXPECT_NO_THROW(read_toml_file(write("full.toml", std::string(kMaxConfigBytes, '\n'))));
}

TEST_F(TomlFile, PointsAtTheLineAndColumnOfAMistake) {
  const std::string error = error_of([] { parse_toml("a = 1\nb = = 2\n", "a.toml"); });
  EXPECT_EQ(error.substr(0, 12), "a.toml:2:5: ") << error;
}

TEST_F(TomlFile, RefusesTextThatIsNotUtf8) {
  const std::string error = error_of([] { parse_toml("a = 1\nb = \"\xff\"", "a.toml"); });
  EXPECT_EQ(error.substr(0, 9), "a.toml:2:") << error;
}

TEST_F(TomlFile, RefusesLettersOutsideOfAsciiThatStandInNoQuotes) {
  EXPECT_EQ(error_of([] { parse_toml("a = 1\nb = \xc3\xa9", "a.toml"); }),
            "a.toml:2:5: letters outside of ASCII must stand in quotes");
  EXPECT_NE(error_of([] { parse_toml("\xc3\xa9 = 1", "a.toml"); }), "");
  EXPECT_NE(error_of([] { parse_toml("a = \"\"\"b\"\"\"\"\" \xc3\xa9", "a.toml"); }), "");
}

TEST_F(TomlFile, RefusesABackslashBeforeALetterOutsideOfAscii) {
  EXPECT_EQ(error_of([] { parse_toml("a = \"\\\xc3\xa9\"", "a"); }),
            "a:1:6: a backslash before a letter outside of ASCII");
}

TEST_F(TomlFile, RefusesOneStringDirectlyBehindAnother) {
  EXPECT_EQ(error_of([] { parse_toml("a = \"\"'\xc3\xa9'", "a"); }),
            "a:1:7: one string behind another");
}

TEST_F(TomlFile, TakesLettersOutsideOfAsciiInTextAndComments) {
  const Table table = parse_toml(
      "\xef\xbb\xbf# \xc3\xa9\na = '\xc3\xa9'\nb = \"\\\"\xc3\xa9\"\n'\xc3\xa9' = 1\n"
      "c = '''\n\xc3\xa9'''\nd = \"\"\"\xc3\xa9\\\n  x\"\"\"\"\"",
      "a.toml");
  EXPECT_EQ(std::get<std::string>(table.find("a")->data), "\xc3\xa9");
  EXPECT_EQ(std::get<std::string>(table.find("b")->data), "\"\xc3\xa9");
  EXPECT_EQ(std::get<std::string>(table.find("c")->data), "\xc3\xa9");
  EXPECT_EQ(std::get<std::string>(table.find("d")->data), "\xc3\xa9x\"\"");
  EXPECT_TRUE(table.contains("\xc3\xa9"));
}

TEST_F(TomlFile, ReadsALiteralTextOutsideOfAsciiLetterByLetter) {
  const Table table = parse_toml(
      "a = '\\n \"\xc3\xa9\" \\'\nb = '''\n'' \"\"\" \\ \xf0\x9f\x8f\x92\nnext''''\n"
      "c = \"\"\"\\\n  \xc3\xa9\"\"\"",
      "a.toml");
  EXPECT_EQ(std::get<std::string>(table.find("a")->data), "\\n \"\xc3\xa9\" \\");
  EXPECT_EQ(std::get<std::string>(table.find("b")->data), "'' \"\"\" \\ \xf0\x9f\x8f\x92\nnext'");
  EXPECT_EQ(std::get<std::string>(table.find("c")->data), "\xc3\xa9");
}

TEST_F(TomlFile, RefusesEveryKindOfBrokenUtf8) {
  for (const std::string bytes :
       {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80", "\xf0\x9f\x8f"}) {
    EXPECT_EQ(error_of([&] { parse_toml("a = '" + bytes + "'", "a"); }), "a:1:6: not UTF-8");
    EXPECT_EQ(error_of([&] { parse_toml("# " + bytes, "a"); }), "a:1:3: not UTF-8");
    EXPECT_EQ(error_of([&] { parse_toml("\"" + bytes + "\" = 1", "a"); }), "a:1:2: not UTF-8");
  }
}

TEST_F(TomlFile, RefusesValuesThatAreMissingOrCutOff) {
  for (const std::string value : {",", "", "[,]", "{a=}", "2026-07-01T", "10:", "+", "1e", "0x"}) {
    EXPECT_EQ(error_of([&] { parse_toml("\na = " + value, "a.toml"); }).substr(0, 9), "a.toml:2:")
        << value;
  }
}

TEST_F(TomlFile, RefusesAKeyGivenTwice) {
  EXPECT_NE(error_of([] { parse_toml("a = 1\na = 2", "a.toml"); }).find("a.toml:2:"),
            std::string::npos);
}

TEST_F(TomlFile, RefusesDates) {
  EXPECT_EQ(error_of([] { parse_toml("\na = 2026-07-01", "a.toml"); }),
            "a.toml:2:5: dates and times have no use here; put text in quotes");
}

TEST_F(TomlFile, RefusesTreesThatAreTooDeep) {
  const auto repeat = [](const std::string& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
  };
  const int deep = 100000;
  EXPECT_NE(error_of([&] { parse_toml("a = " + repeat("[", deep), "a"); }), "");
  EXPECT_NE(error_of([&] { parse_toml("a = " + repeat("{a=", deep), "a"); }), "");
  EXPECT_NE(error_of([&] { parse_toml("a" + repeat(".a", deep) + " = 1", "a"); }), "");
  EXPECT_NE(error_of([&] { parse_toml("\"\"" + repeat(" . \"\"", deep) + " = 1", "a"); }), "");
  EXPECT_NE(error_of([&] { parse_toml("[a" + repeat(".a", deep) + "]", "a"); }), "");
  EXPECT_NE(error_of([&] { parse_toml("a=" + repeat("{a.a.a.a=", 31), "a"); }), "");
  EXPECT_EQ(error_of([&] { parse_toml("a = " + repeat("[", 20) + repeat("]", 20), "a"); }), "");
  EXPECT_EQ(error_of([&] {
              parse_toml("# " + repeat(".", deep) + "\na = '" + repeat(".", deep) + "'", "a");
            }),
            "");
}

TEST_F(TomlFile, SurvivesRandomChangesOfAValidFile) {
  const std::string valid =
      to_toml(to_table(SampleConfig{})) +
      "x = [1, 2.5e3, {a.b = 'c'}, \"\"\"\nd \\u00e9\"\"\"]\n[[l.m]]\n[[l.m]]\n";
  const std::string letters = "[]{}=.,#\"'\\\n\r\t abcxu019-+_:\xc3\xa9\xff\x01";
  Rng rng(11, "toml mutations");
  int parsed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = valid;
    for (std::uint64_t change = 1 + rng.below(6); change > 0; --change) {
      const std::size_t place = rng.below(text.size());
      const char letter = letters[rng.below(letters.size())];
      switch (rng.below(4)) {
        case 0:
          text[place] = letter;
          break;
        case 1:
          text.insert(place, 1, letter);
          break;
        case 2:
          text.erase(place, 1 + rng.below(10));
          break;
        default:
          text.insert(place, text.substr(rng.below(text.size()), rng.below(20)));
          break;
      }
    }
    try {
      const Table table = parse_toml(text, "mutated");
      ++parsed;
      EXPECT_EQ(parse_toml(to_toml(table), "printed"), table);
    } catch (const Error&) {  // the one allowed way to fail
    }
  }
  EXPECT_GT(parsed, 100);
  EXPECT_LT(parsed, 19900);
}

}  // namespace
}  // namespace foresight

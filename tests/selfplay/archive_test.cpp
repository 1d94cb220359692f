#include "selfplay/archive.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "io/safetensors.h"
#include "io/scratch_folder.h"
#include "selfplay/opponent.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public ScratchFolder {
 protected:
  fs::path model(std::int64_t steps = 7) const {
    const fs::path folder = folder_ / "model";
    fs::create_directories(folder);
    write_model_card(folder, {.name = "some/model",
                              .commit = "abc",
                              .seed = 3,
                              .steps = steps,
                              .env = parse_toml("id = \"hockey\"", "test"),
                              .agent = parse_toml("id = \"random\"", "test")});
    std::ofstream(folder / "weights.bin") << "weights";
    return folder;
  }

  fs::path root() const { return folder_ / "archive"; }
  fs::path index() const { return root() / "index.json"; }
  fs::path agent(const std::string& name) const { return root() / "agents" / name; }

  void add(const std::string& name, std::vector<std::string> tags = {},
           const std::string& note = "") const {
    Archive(root()).add({.name = name, .tags = std::move(tags), .note = note, .added = "now"},
                        model(), {});
  }

  std::vector<std::string> names_in_index() const {
    std::vector<std::string> names;
    const auto json = nlohmann::json::parse(read(index()));
    for (const auto& entry : json.at("agents")) {
      names.push_back(entry.at("name"));
    }
    return names;
  }

  std::string error_of_add(const std::string& name) const {
    return error_of([&] { add(name); });
  }
};

using Names = std::vector<std::string>;

TEST_F(ArchiveTest, KeepsAModelWithWhatIsKnownOfIt) {
  const fs::path config = write("config.toml", "seed = 3\n");
  Archive archive(root());
  EXPECT_TRUE(archive.entries().empty());
  archive.add({.name = "early", .tags = {"a", "b"}, .note = "first", .added = "now"}, model(),
              config);
  const Archive again(root());
  const ArchiveEntry& entry = again.find("early");
  EXPECT_EQ(entry.tags, (Names{"a", "b"}));
  EXPECT_EQ(entry.note, "first");
  EXPECT_EQ(entry.agent, "random");
  EXPECT_EQ(entry.env, "hockey");
  EXPECT_EQ(entry.step, 7);
  EXPECT_EQ(entry.seed, 3u);
  EXPECT_EQ(entry.commit, "abc");
  EXPECT_FALSE(entry.rating.has_value());
  EXPECT_EQ(read(again.folder_of("early") / "weights.bin"), "weights");
  EXPECT_EQ(read(again.folder_of("early") / "config.toml"), "seed = 3\n");
  EXPECT_FALSE(again.was_index_rebuilt());
  EXPECT_EQ(names_in_index(), Names{"early"});
}

TEST_F(ArchiveTest, RemembersRatings) {
  add("early");
  Archive(root()).set_rating("early", {.mu = 30.5, .sigma = 1.25}, 40);
  const Archive archive(root());
  EXPECT_EQ(archive.find("early").rating, (Rating{.mu = 30.5, .sigma = 1.25}));
  EXPECT_EQ(archive.find("early").rated_games, 40);
  EXPECT_FALSE(archive.was_index_rebuilt());
}

TEST_F(ArchiveTest, RefusesANameThatIsTaken) {
  add("early");
  EXPECT_NE(error_of_add("early").find("already holds an agent \"early\""), std::string::npos);
}

TEST_F(ArchiveTest, RefusesNamesThatAreNone) {
  for (const std::string name :
       {"", "../x", "a/b", ".", "..", ".hidden", "-x", "a b", "a:policy", "x.unfinished", "ä"}) {
    EXPECT_NE(error_of_add(name).find("cannot be a name in the archive"), std::string::npos)
        << name;
  }
  EXPECT_NE(error_of_add(std::string(65, 'a')), "");
  EXPECT_FALSE(fs::exists(folder_ / "x"));
  EXPECT_EQ(error_of_add(std::string(64, 'a')), "");
}

TEST_F(ArchiveTest, SuggestsTheNearestName) {
  add("early");
  const Archive archive(root());
  EXPECT_NE(error_of([&] { archive.find("erly"); }).find("did you mean \"early\"?"),
            std::string::npos);
  EXPECT_NE(error_of([&] { Archive(root()).remove("../agents/early"); }), "");
  EXPECT_TRUE(fs::exists(agent("early")));
}

TEST_F(ArchiveTest, RebuildsAnIndexThatIsDamagedMissingOrBehind) {
  add("early");
  add("late");
  const std::string whole = read(index());
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 3}) {
    std::ofstream(index()) << whole.substr(0, length);
    const Archive archive(root());
    EXPECT_TRUE(archive.was_index_rebuilt()) << length;
    EXPECT_EQ(archive.entries().size(), 2u);
    EXPECT_EQ(read(index()), whole);
  }
  fs::remove(index());
  EXPECT_TRUE(Archive(root()).was_index_rebuilt());
  EXPECT_EQ(read(index()), whole);
  fs::remove_all(agent("late"));
  EXPECT_TRUE(Archive(root()).was_index_rebuilt());
  EXPECT_EQ(names_in_index(), Names{"early"});
  EXPECT_FALSE(Archive(root()).was_index_rebuilt());
}

TEST_F(ArchiveTest, ForgetsWhatACrashLeftUnfinished) {
  add("early");
  const fs::path unfinished = agent("late.unfinished");
  fs::create_directories(unfinished);
  std::ofstream(unfinished / "entry.json") << "{\"na";
  EXPECT_EQ(Archive(root()).entries().size(), 1u);
  add("late");
  EXPECT_EQ(Archive(root()).entries().size(), 2u);
  EXPECT_FALSE(fs::exists(unfinished));
}

TEST_F(ArchiveTest, TellsOfDamagedAgentsAndRemovesThem) {
  for (const char* name : {"whole", "half", "weightless", "renamed"}) add(name);
  std::ofstream(agent("half") / "entry.json") << "{\"name\": \"half\", ";
  fs::remove(agent("weightless") / "model.json");
  fs::rename(agent("renamed"), agent("other"));
  Archive archive(root());
  ASSERT_EQ(archive.entries().size(), 1u);
  ASSERT_EQ(archive.damaged().size(), 3u);
  EXPECT_EQ(archive.damaged()[0].name, "half");
  EXPECT_NE(archive.damaged()[1].reason.find("named \"renamed\""), std::string::npos);
  EXPECT_NE(error_of([&] { archive.find("half"); }).find("is damaged"), std::string::npos);
  archive.remove("half");
  EXPECT_FALSE(fs::exists(agent("half")));
  EXPECT_EQ(archive.damaged().size(), 2u);
}

TEST_F(ArchiveTest, TypesInAnEntryAreChecked) {
  add("early");
  auto entry = nlohmann::json::parse(read(agent("early") / "entry.json"));
  entry["tags"] = "none";
  std::ofstream(agent("early") / "entry.json") << entry.dump();
  EXPECT_EQ(Archive(root()).damaged().size(), 1u);
}

TEST_F(ArchiveTest, KeepsANoteThatIsNoUtf8) {
  add("early", {}, "caf\xe9");
  const Archive archive(root());
  EXPECT_EQ(archive.find("early").note, "caf\xef\xbf\xbd");
  EXPECT_FALSE(archive.was_index_rebuilt());
}

TEST_F(ArchiveTest, LeavesAStrangersFolderAlone) {
  fs::create_directories(root());
  std::ofstream(index()) << "not ours";
  EXPECT_TRUE(Archive(root()).entries().empty());
  EXPECT_EQ(read(index()), "not ours");
}

TEST_F(ArchiveTest, MakesAModelOfAPolicyInAFile) {
  const fs::path policy = folder_ / "policy.safetensors";
  SafetensorsWriter writer;
  const std::vector<float> numbers(5 * 18, 0.01f);  // enough for both layers, 18 -> 5 -> 8
  const std::span<const float> all = numbers;
  writer.add("actor.0.weight", {5, 18}, all);
  writer.add("actor.0.bias", {5}, all.first(5));
  writer.add("actor.2.weight", {8, 5}, all.first(40));
  writer.add("actor.2.bias", {8}, all.first(8));
  writer.write(policy);
  Archive(root()).add({.name = "theirs", .added = "now"}, policy, {});
  fs::remove(policy);
  EXPECT_EQ(Archive(root()).find("theirs").agent, "sac");
  EXPECT_TRUE(is_model_folder(agent("theirs")));
  EXPECT_NO_THROW(check_opponent(agent("theirs").string()));
}

TEST_F(ArchiveTest, ItsAgentsAreOpponents) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  Archive(kArchiveFolder).add({.name = "early", .added = "now"}, model(), {});
  EXPECT_EQ(error_of([] { check_opponent("archive:early"); }), "");
  EXPECT_EQ(error_of([] { check_opponent("archive:early:policy"); }), "");
  EXPECT_NE(error_of([] { check_opponent("archive:erly"); }).find("did you mean \"early\"?"),
            std::string::npos);
  EXPECT_NE(error_of([] { check_opponent("archiv:early"); }).find("\"archive:early\""),
            std::string::npos);
  EXPECT_EQ(opponent_model("archive:early"), fs::path("archive/agents/early"));
  EXPECT_EQ(opponent_model("weak"), std::nullopt);
  fs::current_path(before);
}

}  // namespace
}  // namespace foresight

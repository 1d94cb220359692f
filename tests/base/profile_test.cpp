#include "base/profile.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

void work(const char* name, int ms) {
  const ProfileScope scope(name);
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

class ProfileTest : public ScratchFolder {
 protected:
  static ProfileLine line(const std::string& name) {
    for (const ProfileLine& line : Profiler::table()) {
      if (line.name == name) return line;
    }
    return {};
  }
};

TEST_F(ProfileTest, CountsCallsAndLeavesInnerScopesOutOfSelf) {
  Profiler::start();
  {
    const ProfileScope scope("outer");
    work("inner", 5);
    work("inner", 5);
  }
  std::thread([] { work("other thread", 2); }).join();
  Profiler::stop();
  work("inner", 1);  // no longer counted
  EXPECT_EQ(line("inner").calls, 2);
  EXPECT_EQ(line("outer").calls, 1);
  EXPECT_GE(line("inner").total_s, 0.010);
  EXPECT_GE(line("outer").total_s, line("inner").total_s);
  EXPECT_LT(line("outer").self_s, line("inner").self_s);
  EXPECT_EQ(line("other thread").calls, 1);
  EXPECT_NE(profile_text(Profiler::table()).find("inner"), std::string::npos);
}

TEST_F(ProfileTest, WritesATraceThatReadersOfTheFormatTake) {
  Profiler::start();
  work("a", 1);
  work("b", 1);
  Profiler::stop();
  Profiler::write_trace(folder_ / "trace.json");
  const auto trace = nlohmann::json::parse(read(folder_ / "trace.json"));
  const auto& events = trace.at("traceEvents");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].at("name"), "a");
  EXPECT_EQ(events[0].at("ph"), "X");
  EXPECT_GE(events[0].at("dur").get<double>(), 1000.0);
  EXPECT_GE(events[1].at("ts").get<double>(), events[0].at("ts").get<double>() + 1000.0);
}

}  // namespace
}  // namespace foresight

// `foresight report` over two short runs: what the page holds, and what a browser makes of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/program_run.h"

namespace foresight {
namespace {

class ReportTest : public ProgramRun {
 protected:
  void train_sweep() const {
    for (const int seed : {1, 2}) {
      for (const char* agent : {"random", "sac"}) train(agent, seed);
    }
  }

  void train(const std::string& agent, int seed) const {
    const std::string learns = agent == "sac" ? "'agent.learner.hidden=[8]' " : "";
    expect(fmt::format("train toy/random agent.id={0} {1}name={0} seed={2} train.steps=300 "
                       "train.seed_steps=100 train.updates_per_step=0.02 train.threads=1 "
                       "eval.every_steps=100 eval.games=2 --note 'a <b>\\\"note\\\"</b> of {0}' "
                       "--run-dir sweep/{0}-{2}",
                       agent, learns, seed),
           0, "done");
  }

  std::string texts_of(const std::string& page) const {
    const auto outcome =
        run_shell(fmt::format("python3 '{}/tests/cli/read_page.py' --with-script '{}' 2>&1",
                              FORESIGHT_SOURCE_DIR, (folder_ / page).string()));
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    return outcome.text;
  }
};

TEST_F(ReportTest, OnePageHoldsCurvesTablesAndNotesAndFetchesNothing) {
  train_sweep();
  expect("note sweep/sac-1 'too few steps </script>'", 0, "");
  expect("report sweep --by agent.id --figures figures", 0, "page: report.html");
  const std::string texts = texts_of("report.html");
  for (const char* part : {"agent", "Learning curves", "Interquartile mean", "Where time went",
                           "What differs", "too few steps </script>", "of random", "done",
                           "id = \"sac\"", "2 groups", "environment steps"}) {
    EXPECT_NE(texts.find(part), std::string::npos) << part << "\n" << texts;
  }
  const std::string page = read(folder_ / "report.html");
  EXPECT_NE(page.find("<polyline class=\"curve\""), std::string::npos);
  EXPECT_EQ(page.find("http:"), page.find("http://www.w3.org")) << "an address";
  std::size_t num_figures = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "figures")) {
    num_figures += entry.path().extension() == ".svg" ? 1 : 0;
    EXPECT_GT(entry.file_size(), 1000u) << entry.path();
  }
  EXPECT_EQ(num_figures, 1u);
}

TEST_F(ReportTest, MistakesAreNamedAndWriteNothing) {
  train("random", 1);
  expect("report sweep --by agent.idd", 2, "agent.id");
  expect("report sweep --metrics eval/retrun", 2, "did you mean");
  expect("report nowhere", 2, "nowhere");
  EXPECT_FALSE(fs::exists(folder_ / "report.html"));
}

TEST_F(ReportTest, ABrowserDrawsTheCurvesWithoutAnError) {
  const std::string browser = run_shell(
                                  "command -v chromium || command -v chromium-headless-shell || "
                                  "command -v chromium-browser || command -v google-chrome")
                                  .text;
  if (browser.empty()) {
    GTEST_SKIP() << "no Chromium here (Debian: apt-get install chromium-headless-shell)";
  }
  train_sweep();
  expect("report sweep --by agent.id", 0, "page: report.html");
  const auto outcome = run_shell(fmt::format(
      "cd '{0}' && HOME='{0}' timeout 120 '{1}' --headless --no-sandbox --disable-gpu "
      "--enable-logging=stderr --virtual-time-budget=2000 --dump-dom 'file://{0}/report.html' "
      "2> browser.txt",
      folder_.string(), browser.substr(0, browser.find('\n'))));
  ASSERT_EQ(outcome.status, 0) << read(folder_ / "browser.txt");
  // The script says how many figures it drew, after all of them.
  EXPECT_NE(outcome.text.find("data-ready=\"1\""), std::string::npos);
  std::size_t num_curves = 0;
  for (std::size_t at = 0; (at = outcome.text.find("class=\"curve\"", at)) != std::string::npos;
       ++at) {
    ++num_curves;
  }
  EXPECT_EQ(num_curves, 2u);
  const std::string said = read(folder_ / "browser.txt");
  EXPECT_EQ(said.find("CONSOLE"), std::string::npos) << said;
}

}  // namespace
}  // namespace foresight

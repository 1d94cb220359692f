// Tournaments as a person would hold and play them: the built program in both roles.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "io/scratch_folder.h"
#include "net/loopback.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

const std::string kProgram = FORESIGHT_BINARY_DIR "/bin/foresight";

// The program in a process of its own; both its streams come through one pipe.
class Running {
 public:
  Running(std::vector<std::string> words, const fs::path& folder,
          const std::map<std::string, std::string>& environment = {}) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    words.insert(words.begin(), kProgram);
    child_ = fork();
    if (child_ == 0) become(words, folder, environment, ends);
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~Running() {
    if (child_ > 0) kill(child_, SIGKILL);
    wait();
    std::fclose(output_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Its next line that holds `part`; what comes before goes to text().
  std::string line_with(const std::string& part) {
    for (std::string line; read_line(line);) {
      if (line.find(part) != std::string::npos) return line;
    }
    ADD_FAILURE() << "no \"" << part << "\" in:\n" << text_;
    return "";
  }
  // Its exit status, or minus the signal that ended it.
  int wait() {
    for (std::string line; read_line(line);) {
    }
    if (child_ > 0) {
      int status = 0;
      waitpid(child_, &status, 0);
      status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
      child_ = 0;
    }
    return status_;
  }
  void send(int signal) const { kill(child_, signal); }
  const std::string& text() const { return text_; }

 private:
  static void become(std::vector<std::string>& words, const fs::path& folder,
                     const std::map<std::string, std::string>& environment,
                     const std::array<int, 2>& ends) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (chdir(folder.c_str()) != 0) _exit(126);
    for (const char* name : {"COMPRL_ACCESS_TOKEN", "COMPRL_SERVER_URL", "COMPRL_SERVER_PORT"}) {
      unsetenv(name);
    }
    setenv("FORESIGHT_HOME", FORESIGHT_SOURCE_DIR, 1);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(kProgram.c_str(), arguments.data());
    _exit(127);
  }

  bool read_line(std::string& line) {
    line.clear();
    int letter = 0;
    while ((letter = std::fgetc(output_)) != EOF && letter != '\n') {
      line += static_cast<char>(letter);
    }
    if (letter == EOF && line.empty()) return false;
    text_ += line + "\n";
    return true;
  }

  pid_t child_ = 0;
  int status_ = 0;
  std::FILE* output_ = nullptr;
  std::string text_;
};

class CompeteTest : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    write("players.txt", "ann token-of-ann\nbob token-of-bob\n");
  }

  std::unique_ptr<Running> serve(const std::string& port = "0") {
    auto league = std::make_unique<Running>(
        std::vector<std::string>{"serve-league", "--tokens", "players.txt", "--port", port,
                                 "--no-page", "--rematch-wait", "0"},
        folder_);
    const std::string line = league->line_with("league on 127.0.0.1, port ");
    port_ = line.substr(line.rfind(' ') + 1);
    return league;
  }
  std::unique_ptr<Running> compete(std::vector<std::string> words, const std::string& token) {
    words.insert(words.begin(), "compete");
    return std::make_unique<Running>(words, folder_,
                                     std::map<std::string, std::string>{
                                         {"COMPRL_ACCESS_TOKEN", token},
                                         {"COMPRL_SERVER_URL", "127.0.0.1"},
                                         {"COMPRL_SERVER_PORT", port_},
                                     });
  }
  void expect_error(const std::vector<std::string>& words,
                    const std::map<std::string, std::string>& environment,
                    const std::string& part) {
    Running program(words, folder_, environment);
    EXPECT_EQ(program.wait(), 2) << program.text();
    EXPECT_NE(program.text().find(part), std::string::npos) << program.text();
  }

  std::string port_;
};

TEST_F(CompeteTest, AModelPlaysTheStrongBotInALeague) {
  const auto league = serve();
  const auto bot = compete({"strong"}, "token-of-bob");
  const auto model = compete({"hockey-quick", "--games", "2", "--deadline-ms", "50", "--log",
                              "games", "--json", "--threads", "1"},
                             "token-of-ann");
  EXPECT_EQ(model->wait(), 0) << model->text();
  const auto sum = nlohmann::json::parse(model->text().substr(model->text().find("{\n")));
  EXPECT_EQ(sum.at("games"), 2);
  EXPECT_EQ(sum.at("cut_off"), 0);
  EXPECT_GT(sum.at("steps"), 8);
  EXPECT_EQ(sum.at("replaced"), 0);
  EXPECT_LT(sum.at("latency_ms").at("worst"), 10'000.0);

  std::ifstream games(folder_ / "games" / "games.jsonl");
  int num_games = 0;
  for (std::string line; std::getline(games, line); ++num_games) {
    const auto game = nlohmann::json::parse(line);
    EXPECT_EQ(game.at("rounds"), 4);
    EXPECT_EQ(game.at("game").get<std::string>().size(), 36u);
    EXPECT_GT(game.at("latency_ms").at("p50"), 0.0);
  }
  EXPECT_EQ(num_games, 2);

  bot->send(SIGINT);
  EXPECT_EQ(bot->wait(), 0) << bot->text();
  EXPECT_NE(bot->text().find("answers: p50 "), std::string::npos) << bot->text();
  league->send(SIGINT);
  EXPECT_EQ(league->wait(), 0) << league->text();
  for (const Running* program : {league.get(), bot.get(), model.get()}) {
    EXPECT_EQ(program->text().find("token-of"), std::string::npos) << program->text();
  }
  EXPECT_EQ(read(folder_ / "games" / "events.jsonl").find("token-of"), std::string::npos);
}

TEST_F(CompeteTest, AKilledLeagueGoesOnWithItsPlayers) {
  auto league = serve();
  const auto ann = compete({"weak", "--games", "6", "--connections", "2"}, "token-of-ann");
  const auto bob = compete({"strong", "--connections", "2"}, "token-of-bob");
  league->line_with(" steps)");
  league->send(SIGKILL);
  EXPECT_EQ(league->wait(), -SIGKILL);
  league = serve(port_);
  EXPECT_NE(league->text().find("2 players, "), std::string::npos);
  EXPECT_EQ(league->text().find(" 0 games so far"), std::string::npos) << league->text();
  EXPECT_EQ(ann->wait(), 0) << ann->text();
  EXPECT_NE(ann->text().find("trying again in"), std::string::npos) << ann->text();
  EXPECT_NE(ann->text().find("\n6 games: "), std::string::npos) << ann->text();
}

TEST_F(CompeteTest, AWrongTokenEndsWithTwoAndWhatToDo) {
  const auto league = serve();
  const auto client = compete({"strong"}, "token-of-nobody");
  EXPECT_EQ(client->wait(), 2);
  EXPECT_NE(client->text().find("set COMPRL_ACCESS_TOKEN"), std::string::npos) << client->text();
  EXPECT_EQ(client->text().find("token-of-nobody"), std::string::npos) << client->text();
}

TEST_F(CompeteTest, AnInterruptEndsAtOnceInTheQueue) {
  const auto league = serve();
  const auto ann = compete({"strong"}, "token-of-ann");
  ann->line_with("Waiting in queue");
  ann->send(SIGTERM);
  EXPECT_EQ(ann->wait(), 0) << ann->text();
  EXPECT_NE(ann->text().find("once more ends at once"), std::string::npos);

  const auto eve = compete({"strong", "--games", "5"}, "token-of-ann");
  eve->line_with("Waiting in queue");
  eve->send(SIGINT);
  EXPECT_EQ(eve->wait(), 128 + SIGINT) << eve->text();  // it has not played five games
}

TEST_F(CompeteTest, ASecondInterruptDoesNotWaitForTheGame) {
  std::promise<void> is_playing;
  ScriptedServer server({[&](RawPeer& peer) {
    peer.log_in_client();
    peer.ask("StartGame", {{"game_id", "0123456789abcdef"}});
    is_playing.set_value();
    peer.read_to_end();  // and never asks for a step
  }});
  port_ = fmt::format("{}", server.port());
  const auto client = compete({"strong"}, "tok-a-secret");
  is_playing.get_future().wait();
  client->send(SIGINT);
  client->line_with("once more ends at once");
  client->send(SIGINT);
  EXPECT_EQ(client->wait(), 128 + SIGINT) << client->text();
}

TEST_F(CompeteTest, GivesUpWithAReason) {
  port_ = "1";
  const auto client = compete({"strong", "--give-up", "0.2"}, "token-of-ann");
  EXPECT_EQ(client->wait(), 2);
  EXPECT_NE(client->text().find("gave up after"), std::string::npos) << client->text();
}

TEST_F(CompeteTest, MistakesAreNamed) {
  const std::map<std::string, std::string> token{{"COMPRL_ACCESS_TOKEN", "token-of-ann"}};
  expect_error({"compete", "strong"}, token, "which server?");
  expect_error({"compete", "strong", "--server", "localhost"}, {}, "no access token");
  expect_error({"compete", "strong", "--server", "http://localhost"}, token, "name of a host");
  expect_error({"compete", "stron", "--server", "localhost"}, token, "bots: ");
  expect_error({"compete", "strong", "--server", "localhost", "--port", "70000"}, token, "--port");
  auto bad_port = token;
  bad_port["COMPRL_SERVER_PORT"] = "http";
  expect_error({"compete", "strong", "--server", "localhost"}, bad_port,
               "COMPRL_SERVER_PORT: expected a port from 1 to 65535, found \"http\"");
  expect_error({"serve-league"}, {}, "nobody may play");
  expect_error({"serve-league", "--users", "a b"}, {}, "expected a name");
  expect_error({"serve-league", "--tokens", "none.txt"}, {}, "none.txt");
  expect_error({"serve-league", "--users", "ann", "--tokens", "players.txt"}, {}, "not both");
}

TEST_F(CompeteTest, MakesTokensOnceAndKeepsThemFromOthers) {
  const auto begin = [&](const std::string& users) {
    return std::make_unique<Running>(std::vector<std::string>{"serve-league", "--users", users,
                                                              "--port", "0", "--page-port", "0"},
                                     folder_);
  };
  auto league = begin("ann,bob");
  const std::string ann = league->line_with("  ann ");
  league->line_with("table on http://127.0.0.1:");
  league->send(SIGINT);
  EXPECT_EQ(league->wait(), 0) << league->text();
  const fs::path tokens = folder_ / "league" / "tokens.txt";
  EXPECT_EQ(fs::status(tokens).permissions() & fs::perms(0077), fs::perms::none);
  const std::string before = read(tokens);
  EXPECT_NE(before.find(ann.substr(2)), std::string::npos);

  league = begin("bob,eve");
  league->line_with("  eve ");
  league->line_with("table on ");
  league->send(SIGINT);
  EXPECT_EQ(league->wait(), 0);
  EXPECT_EQ(league->text().find("  bob "), std::string::npos) << league->text();
  EXPECT_TRUE(read(tokens).starts_with(before));
}

}  // namespace
}  // namespace foresight

// Peers over the loopback interface: one that says what a test wants it to say, servers that follow
// a script, players and observers that note what happens. Ports are the system's choice.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "env/hockey/basic_opponent.h"
#include "net/amp_values.h"
#include "net/league_server.h"
#include "net/tournament_client.h"

namespace foresight {

// Says and hears bytes; waits up to 20 s for any of them.
class RawPeer {
 public:
  explicit RawPeer(TcpStream stream) : stream_(std::move(stream)) {}
  static RawPeer connect(std::uint16_t port) {
    RawPeer peer{TcpStream(resolve_host("127.0.0.1", port).at(0))};
    while (peer.stream_.is_connecting()) peer.wait();
    return peer;
  }

  void send(std::string_view bytes) {
    stream_.send(bytes);
    while (stream_.queued_bytes() > 0) wait();
  }
  void send(const AmpBox& box) { send(encode_amp(box)); }
  void send_text(const char* text) { send(std::string_view(text)); }

  // The next box; nothing: the other side has closed the connection.
  std::optional<AmpBox> read() {
    while (true) {
      if (auto box = decoder_.next()) return box;
      if (stream_.is_at_end() || is_lost_) return std::nullopt;
      decoder_.append(read_bytes());
    }
  }
  // What comes next; empty at the end.
  std::string read_bytes() {
    while (!stream_.is_at_end() && !is_lost_) {
      wait();
      try {
        std::string bytes = stream_.receive();
        if (!bytes.empty()) return bytes;
      } catch (const ConnectionLost&) {
        is_lost_ = true;
      }
    }
    return "";
  }
  std::string read_to_end() {
    std::string all;
    for (std::string bytes; !(bytes = read_bytes()).empty();) all += bytes;
    return all;
  }

  // As a server: asks, and gives the answer to it. Fails the test if the connection ends first.
  AmpBox ask(std::string_view command, const AmpBox& arguments = {}) {
    send(tournament::question(++num_asked_, command, arguments));
    const auto answer = read();
    if (!answer) throw ConnectionLost(fmt::format("no answer to {}", command));
    EXPECT_EQ(answer->at("_answer"), tournament::ask_text(num_asked_));
    return *answer;
  }
  void log_in_client() {
    EXPECT_EQ(ask("Auth").at("token"), "tok-a-secret");
    EXPECT_EQ(ask("Ready").at("ready"), "True");
  }

  // As a client: the next question of this kind; others before it get an empty answer.
  AmpBox await(std::string_view command) {
    while (const auto box = read()) {
      if (box->at("_command") == command) return *box;
      send(tournament::answer(box->at("_ask"), {}));
    }
    throw ConnectionLost(fmt::format("no {} came", command));
  }
  void answer(const AmpBox& question, const AmpBox& values) {
    send(tournament::answer(question.at("_ask"), values));
  }
  void log_in(const std::string& token) {
    answer(await("Auth"), {{"token", token}, {"version", "1"}});
    answer(await("Ready"), {{"ready", "True"}});
  }

 private:
  void wait() {
    std::vector<pollfd> wanted{stream_.wanted()};
    wait_for_events(wanted, 20'000);
    if (wanted[0].revents == 0) throw ConnectionLost("20 s of silence");
    if ((wanted[0].revents & POLLOUT) != 0) stream_.on_writable();
  }

  TcpStream stream_;
  AmpDecoder decoder_;
  std::uint64_t num_asked_ = 0;
  bool is_lost_ = false;
};

// Serves one connection after the other, each by the next script; then it stops to listen.
class ScriptedServer {
 public:
  using Script = std::function<void(RawPeer&)>;
  explicit ScriptedServer(std::vector<Script> scripts)
      : listener_(std::make_unique<TcpListener>("127.0.0.1", 0)),
        port_(listener_->port()),
        thread_([this, scripts = std::move(scripts)] { serve(scripts); }) {}
  ~ScriptedServer() { thread_.join(); }
  std::uint16_t port() const { return port_; }

 private:
  void serve(const std::vector<Script>& scripts) {
    for (const Script& script : scripts) {
      std::vector<TcpStream> streams;
      while (streams.empty()) {
        std::vector<pollfd> wanted{listener_->wanted()};
        wait_for_events(wanted, 20'000);
        if (wanted[0].revents == 0) {
          ADD_FAILURE() << "nobody came";
          return;
        }
        streams = listener_->accept_waiting();
      }
      RawPeer peer(std::move(streams[0]));
      try {
        script(peer);
      } catch (const Error& problem) {
        ADD_FAILURE() << problem.what();
      }
    }
    listener_.reset();
  }

  std::unique_ptr<TcpListener> listener_;
  std::uint16_t port_;
  std::thread thread_;
};

// The hockey game's bot as a player.
class TestPlayer : public TournamentPlayer {
 public:
  explicit TestPlayer(OpponentStrength strength = OpponentStrength::kStrong) {
    for (std::uint32_t place = 0; place < 8; ++place) bots_.emplace_back(strength, true, place);
  }
  void begin_game(std::int64_t) override {}
  void act(std::int64_t place, bool, std::span<const float> observation,
           std::span<float> action) override {
    std::ranges::copy(bots_[place].act(observation), action.begin());
  }

 private:
  std::vector<BasicOpponent> bots_;
};

class TestObserver : public CompetitionObserver {
 public:
  void on_game(const GameRecord& record, const CompetitionTotals&) override {
    games.push_back(record);
  }
  void on_word(std::int64_t, bool, std::string_view text) override { words.emplace_back(text); }
  void on_turn(const CompetitionStatus& status, const CompetitionTotals&) override {
    most_playing = std::max(most_playing, status.playing);
  }
  bool heard(std::string_view part) const {
    return std::ranges::any_of(
        words, [&](const std::string& word) { return word.find(part) != std::string::npos; });
  }

  std::vector<GameRecord> games;
  std::vector<std::string> words;
  std::int64_t most_playing = 0;
};

inline TournamentClientConfig quick_client(std::uint16_t port) {
  return {.host = "127.0.0.1",
          .port = port,
          .token = "tok-a-secret",
          .first_wait_s = 0.01,
          .longest_wait_s = 0.1,
          .settle_s = 0.05,
          .give_up_s = 20};
}

// A league in a thread of its own.
class RunningLeague {
 public:
  RunningLeague(LeagueServerConfig config, std::vector<LeagueUser> users,
                const std::filesystem::path& folder = "")
      : users_(std::move(users)),
        table_(folder, rate),
        server_(on_any_port(std::move(config)), users_, table_,
                [this](std::string_view line) {
                  const std::lock_guard lock(mutex_);
                  lines_.emplace_back(line);
                }),
        thread_([this] { server_.run([this] { return is_stopping_.load(); }); }) {}
  ~RunningLeague() { stop(); }

  std::uint16_t port() const { return server_.port(); }
  std::uint16_t page_port() const { return server_.page_port(); }
  void stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool has_said(std::string_view part) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        lines_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  // After stop().
  const LeagueTable& table() const { return table_; }

 private:
  static void rate(LeagueRating& first, LeagueRating& second, int outcome) {
    first.mu += outcome;
    second.mu -= outcome;
  }
  static LeagueServerConfig on_any_port(LeagueServerConfig config) {
    config.port = 0;
    config.page_port = 0;
    return config;
  }

  std::vector<LeagueUser> users_;
  LeagueTable table_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  LeagueServer server_;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

}  // namespace foresight

// Whatever a server sends, a client answers with boxes or refuses with an Error; its actions are
// always four numbers in [-1, 1]. The first byte chooses what the player does.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "net/amp_values.h"
#include "net/client_session.h"
#include "net/tournament_protocol.h"

namespace foresight {
namespace {

class SilentHost : public ClientSession::Host {
 public:
  bool wants_game(std::int64_t) override { return true; }
  void on_game_end(const GameRecord& record) override { FS_CHECK(record.steps >= 0, "steps"); }
  void on_message(std::int64_t, std::string_view text) override {
    FS_CHECK(text.find("secret") == text.npos, "the token, in {}", text);
  }
};

class OddPlayer : public TournamentPlayer {
 public:
  explicit OddPlayer(std::uint8_t kind) : kind_(kind) {}
  void begin_game(std::int64_t) override {}
  void act(std::int64_t, bool, std::span<const float> observation,
           std::span<float> action) override {
    for (const float number : observation) FS_CHECK(std::isfinite(number), "{}", number);
    action[0] = std::numeric_limits<float>::quiet_NaN();
    action[1] = static_cast<float>(kind_) - 100.0f;
    action[2] = observation[12];
    action[3] = -std::numeric_limits<float>::infinity();
  }

 private:
  std::uint8_t kind_;
};

void check_action(const AmpBox& answer) {
  const std::vector<double> numbers = parse_amp_float_list(answer.at("action"));
  FS_CHECK(numbers.size() == 4, "{} numbers", numbers.size());
  for (const double number : numbers) FS_CHECK(std::abs(number) <= 1.0, "{}", number);
}

}  // namespace
}  // namespace foresight

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  if (size == 0) return 0;
  SilentHost host;
  OddPlayer player(data[0]);
  ClientSession session(0, "secret", host, player);
  AmpDecoder decoder;
  decoder.append({reinterpret_cast<const char*>(data) + 1, size - 1});
  const auto now = NetClock::now();
  try {
    while (const auto box = decoder.next()) {
      if (const auto answer = session.receive(*box, now)) encode_amp(*answer);
      if (!session.has_step()) continue;
      if (const auto answer = session.act()) check_action(*answer);
    }
  } catch (const Error&) {  // the one allowed way to fail
  }
  session.abandon();
  return 0;
}

#include "net/tournament_protocol.h"

#include "net/amp_values.h"

namespace foresight::tournament {

std::string ask_text(std::uint64_t number) { return fmt::format("{:x}", number); }

AmpBox question(std::uint64_t number, std::string_view command, const AmpBox& arguments) {
  AmpBox box{{kAsk, ask_text(number)}, {kCommand, std::string(command)}};
  for (const auto& [key, value] : arguments.fields()) box.set(key, value);
  return box;
}

AmpBox answer(std::string_view ask, const AmpBox& values) {
  AmpBox box{{kAnswer, std::string(ask)}};
  for (const auto& [key, value] : values.fields()) box.set(key, value);
  return box;
}

AmpBox unknown_command(std::string_view ask, std::string_view command) {
  return {{kError, std::string(ask)},
          {"_error_code", "UNHANDLED"},
          {"_error_description", fmt::format("Unhandled Command: '{}'", printable(command, 60))}};
}

std::vector<double> as_doubles(std::span<const float> values) {
  return {values.begin(), values.end()};
}

std::string game_name(std::string_view bytes) {
  constexpr std::size_t kUuidBytes = 16;
  constexpr std::size_t kMaxBytes = 64;
  const bool is_uuid = bytes.size() == kUuidBytes;
  std::string name;
  for (std::size_t i = 0; i < std::min(bytes.size(), kMaxBytes); ++i) {
    if (is_uuid && (i == 4 || i == 6 || i == 8 || i == 10)) name += '-';
    name += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return name;
}

}  // namespace foresight::tournament

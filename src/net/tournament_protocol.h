// Words of the laser-hockey tournament's protocol (comprl): AMP boxes in which the server asks and
// the client answers.
//
//   command    arguments                        answer
//   Auth       -                                token: text, version: Integer
//   Ready      -                                ready: Boolean
//   StartGame  game_id: 16 bytes                nothing
//   Step       obv: ListOf Float                action: ListOf Float, each in [-1, 1]
//   EndGame    result: Boolean, stats: ListOf Float {own score, other's}     nothing
//   Error, Message   msg: text                  nothing
//
// A game is Ready, StartGame, Step..., EndGame; the Ready of the next game comes before EndGame.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/amp.h"

namespace foresight {

namespace tournament {

inline constexpr std::int64_t kVersion = 1;
inline constexpr std::uint16_t kDefaultPort = 65335;
inline constexpr std::int64_t kObservationDim = 18;
inline constexpr std::int64_t kActionDim = 4;

inline constexpr const char* kAsk = "_ask";
inline constexpr const char* kCommand = "_command";
inline constexpr const char* kAnswer = "_answer";
inline constexpr const char* kError = "_error";

inline constexpr const char* kAuthentication = "Auth";
inline constexpr const char* kReady = "Ready";
inline constexpr const char* kStartGame = "StartGame";
inline constexpr const char* kStep = "Step";
inline constexpr const char* kEndGame = "EndGame";
inline constexpr const char* kErrorMessage = "Error";
inline constexpr const char* kMessage = "Message";

// What the public server says when it shows somebody the door.
inline constexpr std::string_view kWrongToken = "Authentication failed";
inline constexpr std::string_view kWrongVersion = "Tried to connect with wrong version";
inline constexpr std::string_view kInvalidAction = "Invalid action";
// And what it says when all is well.
inline constexpr std::string_view kWelcome = "Authentication successful";
inline constexpr std::string_view kWaiting = "Waiting in queue";

// Numbers of questions, from 1, count in hexadecimal: "9", "a", "10".
std::string ask_text(std::uint64_t number);
AmpBox question(std::uint64_t number, std::string_view command, const AmpBox& arguments);
AmpBox answer(std::string_view ask, const AmpBox& values);
// The answer to a command that nobody knows here.
AmpBox unknown_command(std::string_view ask, std::string_view command);

std::vector<double> as_doubles(std::span<const float> values);

// The 16 bytes of a game's name as people write them: 7fb81217-aa0d-4b05-ae4f-dbba633ca42b. Other
// numbers of bytes: hexadecimal without dashes, 64 bytes of it at most.
std::string game_name(std::string_view bytes);

}  // namespace tournament

}  // namespace foresight

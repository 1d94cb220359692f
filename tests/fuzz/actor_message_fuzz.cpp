// Any bytes are messages or an Error, whatever the pieces they come in; each payload is what its
// kind says or an Error. The first byte chooses the size of the pieces.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "actors/actor_message.h"
#include "actors/actor_words.h"
#include "actors/episode_parcel.h"
#include "base/error.h"

namespace foresight {
namespace {

using Kind = ActorMessageKind;

EnvSpec small_spec() {
  EnvSpec spec;
  spec.id = "small";
  spec.observation_dim = 1;
  spec.action_dim = 1;
  spec.max_episode_steps = 50;
  return spec;
}

std::vector<ActorMessage> messages_of(std::string_view bytes, std::size_t piece, bool& is_refused) {
  ActorMessageDecoder decoder({{Kind::kHello, 4096},
                               {Kind::kWelcome, 4096},
                               {Kind::kOrders, 4096},
                               {Kind::kEpisode, 1 << 16},
                               {Kind::kPulse, 4096},
                               {Kind::kLoss, 4096}});
  std::vector<ActorMessage> messages;
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      decoder.append(bytes.substr(at, piece));
      while (auto message = decoder.next()) messages.push_back(std::move(*message));
    }
  } catch (const Error&) {  // the one allowed way to fail
    is_refused = true;
  }
  return messages;
}

class Nobody : public Observer {
 public:
  void observe(const Transition& transition) override {
    FS_CHECK(transition.observation.size() == 1 && transition.action.size() == 1, "shape");
  }
  void forget_unfinished(std::int64_t) override {}
};

template <typename Function>
void expect_word_or_error(Function function) {
  try {
    function();
  } catch (const Error&) {
  }
}

void read_episode(std::string_view bytes) {
  static const EnvSpec spec = small_spec();
  expect_word_or_error([&] {
    const auto parcel = read_parcel(std::as_bytes(std::span(bytes.data(), bytes.size())), spec);
    Nobody nobody;
    show_track(parcel.own, parcel, 0, nobody);
    if (parcel.mirrored) show_track(*parcel.mirrored, parcel, 1, nobody);
  });
}

void read_words(const std::string& text) {
  expect_word_or_error([&] { parse_hello(to_text(parse_hello(text))); });
  expect_word_or_error([&] { parse_welcome(to_text(parse_welcome(text))); });
  expect_word_or_error([&] {
    const ActorOrders orders = parse_orders(text);
    FS_CHECK(parse_orders(to_text(orders)) == orders, "orders");
  });
  expect_word_or_error([&] { parse_pulse(to_text(parse_pulse(text))); });
  expect_word_or_error([&] { parse_loss(to_text(parse_loss(text))); });
  expect_word_or_error([&] { parse_actor_number(text); });
}

}  // namespace
}  // namespace foresight

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece = std::size_t{data[0]} + 1;
  bool is_refused = false;
  bool is_whole_refused = false;
  const auto messages = messages_of(bytes, piece, is_refused);
  const auto whole = messages_of(bytes, bytes.size() + 1, is_whole_refused);
  FS_CHECK(messages.size() == whole.size() && is_refused == is_whole_refused, "pieces of {}",
           piece);
  // Checksums keep most inputs from getting further: payloads are tried without them, too.
  read_words(std::string(bytes));
  read_episode(bytes);
  for (const ActorMessage& message : messages) {
    read_words(message.payload);
    read_episode(message.payload);
    bool is_own_refused = false;
    const auto own =
        messages_of(encode_actor_message(message.kind, message.payload), piece, is_own_refused);
    FS_CHECK(own.size() == 1 && own[0].payload == message.payload, "own bytes");
  }
  return 0;
}

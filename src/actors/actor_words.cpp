#include "actors/actor_words.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace foresight {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ActorHello, protocol, program, token, name, instance)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ActorWelcome, config, run_folder, seed, last_number, lead_steps)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ActorOrders, phase, phase_episodes, at_random, copies)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ActorPulse, unfinished)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LostEpisode, game, length, reason)

namespace {

using Json = nlohmann::json;

// Text of others may hold bytes that are no UTF-8: they become question marks.
template <typename Word>
std::string dump(const Word& word) {
  return Json(word).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Word>
Word parse(std::string_view text, std::string_view what) {
  try {
    return Json::parse(text).get<Word>();
  } catch (const Json::exception& problem) {
    fail("{} cannot be read: {}", what, problem.what());
  }
}

}  // namespace

std::string to_text(const ActorHello& hello) { return dump(hello); }
std::string to_text(const ActorWelcome& welcome) { return dump(welcome); }
std::string to_text(const ActorOrders& orders) { return dump(orders); }
std::string to_text(const ActorPulse& pulse) { return dump(pulse); }
std::string to_text(const LostEpisode& loss) { return dump(loss); }

ActorHello parse_hello(std::string_view text) {
  const auto hello = parse<ActorHello>(text, "an actor's greeting");
  constexpr std::size_t kLongestName = 100;
  if (hello.name.empty() || hello.name.size() > kLongestName) {
    fail("an actor's name of {} letters, expected 1 to {}", hello.name.size(), kLongestName);
  }
  return hello;
}

ActorWelcome parse_welcome(std::string_view text) {
  const auto welcome = parse<ActorWelcome>(text, "the learner's welcome");
  if (welcome.seed < 0 || welcome.lead_steps < 1) {
    fail("the learner's welcome has the seed {} and a lead of {} steps", welcome.seed,
         welcome.lead_steps);
  }
  return welcome;
}

ActorOrders parse_orders(std::string_view text) {
  const auto orders = parse<ActorOrders>(text, "the learner's orders");
  if (orders.phase < 0 || orders.phase_episodes < 0) {
    fail("the learner's orders name phase {} after {} episodes", orders.phase,
         orders.phase_episodes);
  }
  return orders;
}

ActorPulse parse_pulse(std::string_view text) {
  const auto pulse = parse<ActorPulse>(text, "an actor's pulse");
  for (const std::int64_t length : pulse.unfinished) {
    if (length < 0 || length > (std::int64_t{1} << 40)) {
      fail("an actor's pulse names an episode of {} steps", length);
    }
  }
  return pulse;
}

LostEpisode parse_loss(std::string_view text) {
  const auto loss = parse<LostEpisode>(text, "an actor's loss");
  if (loss.length < 0 || loss.length > (std::int64_t{1} << 40)) {
    fail("an actor lost an episode of {} steps", loss.length);
  }
  return loss;
}

std::string env_text(const EnvSpec& spec) {
  const std::string image =
      spec.image ? fmt::format(", pictures of {} bytes", spec.image->num_bytes()) : "";
  return fmt::format("{}: {} observations, {} actions, {} player{}, {} reward terms{}", spec.id,
                     spec.observation_dim, spec.action_dim, spec.num_players,
                     spec.num_players == 1 ? "" : "s", spec.reward_terms.size(), image);
}

}  // namespace foresight

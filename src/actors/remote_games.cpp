#include "actors/remote_games.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "actors/weights_parcel.h"
#include "base/error.h"
#include "base/profile.h"
#include "train/actor_address.h"

namespace foresight {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ActorServer::Known, last_number, num_processes, instance,
                                   unfinished)

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWaitMs = 100;  // then the loop looks after its own affairs
constexpr const char* kFile = "actors.json";
constexpr const char* kToken = "FORESIGHT_ACTOR_TOKEN";

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  FS_CHECK(getrandom(bytes.data(), bytes.size(), 0) == std::ssize(bytes), "no random bytes");
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// A new one for each process of the learner, in a file that only its user can read.
std::string make_token(const fs::path& folder) {
  fs::create_directories(folder);
  const std::string token = random_token();
  const fs::path file = folder / "token";
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool is_written = descriptor >= 0 && fchmod(descriptor, 0600) == 0 &&
                          write(descriptor, token.data(), token.size()) == std::ssize(token);
  if (descriptor >= 0) close(descriptor);
  if (!is_written) fail("{}: cannot write", file.string());
  setenv(kToken, token.c_str(), 1);  // for the actors that this process starts
  return token;
}

bool is_every_host(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

}  // namespace

RemoteGames::RemoteGames(const StepSourceContext& context)
    : context_(context),
      folder_(context.run_folder / "actors"),
      server_(server_settings()),
      children_(children_settings()) {}

RemoteGames::~RemoteGames() { server_.say_farewell(); }

ActorServer::Settings RemoteGames::server_settings() const {
  const ExperimentConfig& config = context_.experiment.config;
  const TrainConfig& train = config.train;
  return {
      .host = parse_actor_address(train.actor_address).host,
      .port = parse_actor_address(train.actor_address).port,
      .token = make_token(folder_),
      .spec = context_.experiment.env_spec,
      .welcome = {.config = to_commented_toml(config),
                  .run_folder = fs::absolute(context_.run_folder).string(),
                  .seed = config.seed,
                  .last_number = 0,
                  .lead_steps = std::max<std::int64_t>(1, train.actor_lead_steps / train.actors)},
      .say = context_.say};
}

ActorChildren::Settings RemoteGames::children_settings() const {
  const TrainConfig& train = context_.experiment.config.train;
  const std::string host = parse_actor_address(train.actor_address).host;
  return {.count = train.actors,
          .address = fmt::format("{}:{}", is_every_host(host) ? "127.0.0.1" : host, server_.port()),
          .folder = folder_,
          .say = context_.say,
          .should_stop = context_.should_stop};
}

void RemoteGames::begin(std::size_t phase) {
  set_phase(phase, 0);
  start(0);
}

void RemoteGames::start(std::int64_t num_updates) {
  publish(num_updates);
  const TrainConfig& train = context_.experiment.config.train;
  const std::string host = parse_actor_address(train.actor_address).host;
  if (host != "127.0.0.1" && host != "localhost") {
    context_.say(fmt::format(
        "actors on other machines: FORESIGHT_ACTOR_TOKEN=$(cat {}) foresight actor {}:{}",
        (folder_ / "token").string(), is_every_host(host) ? "THIS-HOST" : host, server_.port()));
  }
  children_.begin();
}

void RemoteGames::save(const fs::path& folder, LoopState&) const {
  std::ofstream out(folder / kFile);
  out << nlohmann::json(server_.known()).dump(1) << '\n';
  if (!out.flush()) fail("cannot write {}", (folder / kFile).string());
}

void RemoteGames::load(const fs::path& folder, const LoopState& state) {
  if (std::ifstream in(folder / kFile); in) {
    try {
      server_.set_known(nlohmann::json::parse(in).get<ActorServer::KnownActors>());
    } catch (const nlohmann::json::exception& problem) {
      fail("{}: {}", (folder / kFile).string(), problem.what());
    }
  }
  // Games that the learner itself had begun, when the run had no actors; past selves' behind them.
  const auto num_games = std::ssize(state.actor_begins);
  const auto num_seen = context_.experiment.config.selfplay.store_both ? 2 * num_games : num_games;
  for (std::int64_t game = 0; game < num_seen; ++game) {
    lost_.push_back({.game = game, .length = 0, .reason = "actors play from now on"});
  }
  set_phase(static_cast<std::size_t>(state.phase), state.episodes - state.phase_begin_episodes);
  start(state.updates);
}

void RemoteGames::set_phase(std::size_t phase, std::int64_t num_episodes) {
  orders_.phase = static_cast<std::int64_t>(phase);
  orders_.phase_episodes = num_episodes;
}

void RemoteGames::note_updates(std::int64_t num_updates) {
  num_updates_ = num_updates;
  const std::int64_t every = context_.experiment.config.train.publish_every_updates;
  if (num_updates - published_updates_ >= every) publish(num_updates);
  tend(0);
}

void RemoteGames::publish(std::int64_t num_updates) {
  const ProfileScope scope("publish");
  const fs::path weights = folder_ / "weights";
  fs::remove_all(weights);
  fs::create_directories(weights);
  context_.agent.save_model(weights);
  server_.set_weights(pack_weights(weights, num_updates));
  num_updates_ = published_updates_ = num_updates;
}

void RemoteGames::tend(std::int64_t timeout_ms) {
  children_.tend();
  server_.set_orders(orders_);
  server_.tend(timeout_ms);
}

void RemoteGames::play(Actions actions, SpeedMeter& speed, MetricWindow& window) {
  const auto watch = speed.game();
  const ProfileScope scope("games");
  orders_.at_random = actions == Actions::kRandom;
  if (context_.experiment.has_selfplay) orders_.copies = copies_to_json(context_.copies.state());
  tend(0);
  current_ = server_.take();
  if (!current_) {
    tend(kWaitMs);
    current_ = server_.take();
  }
  finished_.clear();
  num_played_ = current_ ? current_->parcel.own.num_steps() : 0;
  if (!current_) return;
  const EpisodeParcel& parcel = current_->parcel;
  finished_.push_back(parcel.summary);
  window.add(parcel.metrics);
  window.add("actors/playing", static_cast<double>(server_.num_playing()));
  window.add("actors/steps_ahead", static_cast<double>(server_.num_steps_ahead()));
  window.add("actors/weights_age_updates",
             static_cast<double>(num_updates_ - parcel.weights_updates));
}

// The games' numbers in an actor say nothing here: whole episodes come one after another.
void RemoteGames::show_to(Observer& observer) const {
  if (current_) show_track(current_->parcel.own, current_->parcel, /*game=*/0, observer);
}

void RemoteGames::show_past_selves_to(Observer& observer) const {
  const bool has_any = current_ && current_->parcel.mirrored;
  if (has_any) show_track(*current_->parcel.mirrored, current_->parcel, /*game=*/1, observer);
}

void RemoteGames::advance() {
  if (!current_) return;
  server_.confirm(*current_);
  children_.note_episode(current_->name);
  current_.reset();
}

std::vector<LostEpisode> RemoteGames::take_lost() {
  std::vector<LostEpisode> lost = std::exchange(lost_, {});
  for (LostEpisode& episode : server_.take_lost()) lost.push_back(std::move(episode));
  return lost;
}

namespace {

[[maybe_unused]] const bool registered = StepSourceRegistry::instance().add(
    kActorProcesses, [](const StepSourceContext& context) -> std::unique_ptr<StepSource> {
      return std::make_unique<RemoteGames>(context);
    });

}  // namespace
}  // namespace foresight

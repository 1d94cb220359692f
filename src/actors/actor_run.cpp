#include "actors/actor_run.h"

#include <sys/random.h>

#include "actors/actor_program.h"
#include "actors/weights_parcel.h"
#include "base/error.h"
#include "io/file_name.h"
#include "train/build_info.h"
#include "train/copy_folders.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWaitMs = 200;
constexpr auto kPulseEvery = std::chrono::seconds(1);

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

LearnerLink::Settings link_settings(const ActorRunOptions& options) {
  std::uint64_t instance = 0;
  FS_CHECK(getrandom(&instance, sizeof instance, 0) == sizeof instance, "no random bytes");
  return {.host = options.host,
          .port = options.port,
          .hello = {.protocol = kActorProtocol,
                    .program = actor_program_text(),
                    .token = options.token,
                    .name = options.name,
                    .instance = instance},
          .say = say};
}

fs::path default_folder(const ActorRunOptions& options, const ActorWelcome& welcome) {
  const std::string run = as_file_name(fs::path(welcome.run_folder).filename().string());
  return fs::temp_directory_path() / "foresight-actors" / run / as_file_name(options.name);
}

}  // namespace

ActorRun::ActorRun(const ActorRunOptions& options)
    : options_(options), link_(link_settings(options)) {}

void ActorRun::run() {
  const ActorWelcome welcome = link_.connect();
  prepare(welcome);
  introduce(welcome);
  while (!is_over_) {
    try {
      exchange();
      if (can_play()) play();
    } catch (const ConnectionLost& lost) {
      find_learner_again(lost.what());
    }
  }
  say("the run is over");
}

// Makes what the config asks for, once.
void ActorRun::prepare(const ActorWelcome& welcome) {
  config_ = welcome.config;
  experiment_ = resolve_experiment(parse_toml(config_, "the learner's config"));
  experiment_.config.seed = welcome.seed;
  lead_steps_ = welcome.lead_steps;
  if (options_.folder.empty()) options_.folder = default_folder(options_, welcome);
  spool_.emplace(options_.folder);
  set_compute_threads(static_cast<int>(experiment_.config.train.actor_threads));
  agent_ = make_agent(experiment_.config.agent, experiment_.env_spec,
                      static_cast<std::uint64_t>(welcome.seed));
  copies_.emplace(experiment_.config.selfplay, copies_folder(welcome.run_folder));
  games_ = std::make_unique<OwnGames>(experiment_, *agent_, *copies_);
}

// After every welcome: what waits is sent (again).
void ActorRun::introduce(const ActorWelcome& welcome) {
  spool_->count_from(welcome.last_number + 1);
  spool_->drop_through(welcome.last_number);
  link_.send(ActorMessageKind::kReady, env_text(experiment_.env_spec));
  for (const EpisodeSpool::Entry& entry : spool_->entries()) send(entry);
  say(fmt::format("{} plays for the learner at {}:{}; {} episodes were waiting", options_.name,
                  options_.host, options_.port, spool_->entries().size()));
}

void ActorRun::find_learner_again(const std::string& problem) {
  say(fmt::format("{}; trying again", problem));
  while (true) {
    try {
      const ActorWelcome welcome = link_.connect();
      if (welcome.config != config_) {
        fail("the learner has another config than when this actor began: start it anew");
      }
      return introduce(welcome);
    } catch (const ConnectionLost& lost) {
      say(lost.what());
    }
  }
}

void ActorRun::exchange() {
  for (const ActorMessage& message : link_.receive(can_play() ? 0 : kWaitMs)) handle(message);
  send_pulse_if_due();
}

void ActorRun::handle(const ActorMessage& message) {
  switch (message.kind) {
    case ActorMessageKind::kWeights: {
      const fs::path folder = options_.folder / "weights";
      weights_updates_ = unpack_weights(message.payload, folder);
      agent_->load_model(folder);
      return;
    }
    case ActorMessageKind::kOrders:
      return follow(parse_orders(message.payload));
    case ActorMessageKind::kReceipt:
      return spool_->drop_through(parse_actor_number(message.payload));
    case ActorMessageKind::kFarewell:
      is_over_ = true;
      return;
    default:
      fail("a message of kind {} in the middle of a run", static_cast<std::uint32_t>(message.kind));
  }
}

void ActorRun::follow(const ActorOrders& orders) {
  const auto phase = static_cast<std::size_t>(orders.phase);
  if (phase >= experiment_.phases.size()) {
    fail("the learner asks for phase {} of {}", phase, experiment_.phases.size());
  }
  if (!orders.copies.empty()) copies_->set_state(copies_from_json(orders.copies));
  actions_ = orders.at_random ? StepSource::Actions::kRandom : StepSource::Actions::kOfAgent;
  if (has_begun_) return games_->set_phase(phase, orders.phase_episodes);
  games_->begin(phase, orders.phase_episodes);
  has_begun_ = true;
}

bool ActorRun::can_play() const {
  return has_begun_ && weights_updates_ >= 0 && !is_over_ && spool_->num_steps() < lead_steps_;
}

void ActorRun::play() {
  games_->play(actions_, speed_, window_);
  games_->show_to(packer_);
  if (experiment_.config.selfplay.store_both) games_->show_past_selves_to(packer_);
  for (const FinishedEpisode& episode : games_->finished()) {
    EpisodeParcel parcel = packer_.take(episode, games_->num_games());
    parcel.weights_updates = weights_updates_;
    parcel.metrics = window_.take();
    send(spool_->add(parcel));
  }
  games_->advance();
  for (const LostEpisode& lost : games_->take_lost()) {
    link_.send(ActorMessageKind::kLoss, to_text(lost));
  }
}

void ActorRun::send(const EpisodeSpool::Entry& entry) {
  link_.send(ActorMessageKind::kEpisode, actor_number(entry.number) + spool_->read(entry));
}

void ActorRun::send_pulse_if_due() {
  const auto now = std::chrono::steady_clock::now();
  if (!has_begun_ || now - pulse_time_ < kPulseEvery) return;
  pulse_time_ = now;
  link_.send(ActorMessageKind::kPulse,
             to_text(ActorPulse{packer_.unfinished_lengths(games_->num_games())}));
}

}  // namespace foresight

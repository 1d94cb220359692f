// What a training leaves on the disk, and how it goes on from there.
#include "agent/model_card.h"
#include "base/profile.h"
#include "io/atomic_folder.h"
#include "train/build_info.h"
#include "train/checkpoint.h"
#include "train/copy_folders.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {

namespace fs = std::filesystem;

fs::path Trainer::own_lasting_folder() const {
  return rank_lasting_folder(run_folder_, course_.seat());
}

void Trainer::restore(const fs::path& common) {
  const fs::path checkpoint = rank_checkpoint(common, course_.seat());
  state_ = read_loop_state(checkpoint);
  CheckpointPlace place(checkpoint, own_lasting_folder());
  place.common = common;
  agent_->load(place);
  drop_checkpoints_after(folder_, state_.steps);
  restore_games(checkpoint);
}

void Trainer::restore_games(const fs::path& checkpoint) {
  copies_.set_state(state_.copies);
  drop_copies_after(copies_.folder(), state_.copies.num_copies);
  if (recorder_) recorder_->load(checkpoint);
  games_->load(checkpoint, state_);
  const auto lost = games_->take_lost();
  for (const LostEpisode& episode : lost) {
    agent_->forget_unfinished(episode.game);
    if (recorder_) recorder_->forget_unfinished(episode.game);
  }
  note_lost(lost);
  show_restored();
}

void Trainer::show_restored() {
  window_.set_state(state_.window);
  shown_.has_return = state_.has_return;
  shown_.episode_return = state_.episode_return;
}

// Goes on from the checkpoint of another number of ranks: what all have alike stays, finished
// episodes are shared out, games begin anew.
void Trainer::share_out(const fs::path& common) {
  state_ = read_loop_state(common);
  drop_checkpoints_after(folder_, state_.steps);
  std::error_code ignored;
  fs::remove_all(own_lasting_folder(), ignored);  // of an attempt that came to no checkpoint
  std::vector<CheckpointPlace> shards;
  for (const RankSeat& seat : course_.earlier_seats()) {
    shards.emplace_back(rank_checkpoint(common, seat), rank_lasting_folder(run_folder_, seat));
    shards.back().common = common;
  }
  agent_->load_shards(shards);
  if (course_.is_first()) drop_copies_after(copies_.folder(), state_.copies.num_copies);
  course_.wait();
  if (!course_.is_first()) {
    state_.window.clear();
    state_.lost_episodes = state_.lost_steps = 0;
    if (experiment_.has_selfplay && fs::exists(copies_folder(run_folder_))) {
      fs::remove_all(copies_.folder(), ignored);
      fs::copy(copies_folder(run_folder_), copies_.folder(), fs::copy_options::recursive);
    }
  }
  copies_.set_state(state_.copies);
  if (recorder_ && course_.is_first()) {
    recorder_->load(common);
    for (std::int64_t game = 0; game < 2 * experiment_.config.train.num_games; ++game) {
      recorder_->forget_unfinished(game);
    }
  }
  if (!is_offline_) {
    games_->begin(static_cast<std::size_t>(state_.phase));
    games_->set_phase(static_cast<std::size_t>(state_.phase),
                      state_.episodes - state_.phase_begin_episodes);
  }
  show_restored();
  progress_.say(
      fmt::format("{} ranks instead of {}: finished episodes are shared out, games begin anew",
                  course_.num_ranks(), shards.size()));
}

void Trainer::save_model(const fs::path& target) {
  replace_folder(target, [&](const fs::path& folder) {
    agent_->save_model(folder);
    write_model_card(folder, {.name = experiment_.config.name,
                              .note = experiment_.config.note,
                              .commit = program_commit(),
                              .seed = static_cast<std::uint64_t>(experiment_.config.seed),
                              .steps = state_.steps,
                              .env = experiment_.eval_env,
                              .agent = experiment_.config.agent,
                              .results = state_.results});
  });
}

// It is complete when rank 0's part is there, so that comes last, and the parts of earlier ones go
// after that.
void Trainer::save_checkpoint() {
  const ProfileScope scope("checkpoint");
  check_ranks_are_alike();
  if (!course_.is_first()) write_own_checkpoint();
  course_.wait();
  if (course_.is_first()) write_own_checkpoint();
  course_.wait();
  prune_checkpoints(folder_, experiment_.config.train.keep_checkpoints);
  if (course_.is_first()) prune_splits(run_folder_);
  last_checkpoint_s_ = speed_.elapsed_s();
}

void Trainer::write_own_checkpoint() {
  state_.num_ranks = course_.num_ranks();
  state_.split = course_.seat().split;
  state_.time_s = speed_.elapsed_s();
  state_.window = window_.state();
  state_.copies = copies_.state();
  state_.has_return = shown_.has_return;
  state_.episode_return = shown_.episode_return;
  std::vector<fs::path> earlier;
  for (const Checkpoint& checkpoint : checkpoints_of(folder_)) earlier.push_back(checkpoint.folder);
  write_checkpoint(folder_, state_.steps, [&](const fs::path& folder) {
    CheckpointPlace place(folder, own_lasting_folder(), earlier);
    if (!course_.is_first()) place.common.clear();  // rank 0's, which is not there yet
    agent_->save(place);
    games_->save(folder, state_);
    if (recorder_) recorder_->save(folder);
    write_loop_state(folder, state_);
    save_config(folder, experiment_.config);
  });
}

}  // namespace foresight

#include "actors/episode_parcel.h"

#include <algorithm>
#include <cmath>

#include "agent/replay_files.h"
#include "base/error.h"
#include "io/safetensors.h"

namespace foresight {
namespace {

constexpr std::string_view kMetric = "metric.";
constexpr std::size_t kMaxMetrics = 64;
constexpr std::size_t kLongestName = 200;
constexpr std::uint64_t kRoom = std::uint64_t{1} << 16;
constexpr std::uint64_t kUnboundedBytes = std::uint64_t{1} << 30;  // episodes without a longest

void add_track(SafetensorsWriter& writer, const std::string& prefix, const EpisodeTrack& track) {
  const auto add = [&](const char* name, const std::vector<float>& values) {
    writer.add_view(prefix + name, DType::kF32, {std::ssize(values)},
                    std::as_bytes(std::span(values)));
  };
  add(".observations", track.observations);
  add(".actions", track.actions);
  add(".rewards", track.rewards);
  if (!track.opponent_actions.empty()) add(".opponent_actions", track.opponent_actions);
  if (!track.images.empty()) {
    writer.add_view(prefix + ".images", DType::kU8, {std::ssize(track.images)},
                    std::as_bytes(std::span(track.images)));
  }
  const std::vector<std::int64_t> end{track.terminated ? 1 : 0, track.outcome};
  writer.add(prefix + ".end", {2}, std::span<const std::int64_t>(end));
}

std::vector<float> finite_floats(const SafetensorsFile& file, const std::string& name,
                                 std::int64_t count) {
  std::vector<float> values = to_floats(file.at(name, DType::kF32, {count}));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) fail("{}: {}[{}] is {}", file.file_name(), name, i, values[i]);
  }
  return values;
}

double finite(const SafetensorsFile& file, const std::string& name, double value) {
  if (!std::isfinite(value)) fail("{}: {} is {}", file.file_name(), name, value);
  return value;
}

EpisodeTrack read_track(const SafetensorsFile& file, const std::string& prefix,
                        const EnvSpec& spec) {
  const auto& shape = file.at(prefix + ".rewards").shape;
  const std::int64_t steps = shape.size() == 1 ? shape[0] : 0;
  const bool is_too_long = spec.max_episode_steps > 0 && steps > spec.max_episode_steps;
  if (steps < 1 || is_too_long) {
    fail("{}: {} of {} steps, expected 1 to {}", file.file_name(), prefix, steps,
         spec.max_episode_steps);
  }
  EpisodeTrack track;
  const auto read = [&](const char* name, std::int64_t count) {
    return finite_floats(file, prefix + name, count);
  };
  track.observations = read(".observations", (steps + 1) * spec.observation_dim);
  track.actions = read(".actions", steps * spec.action_dim);
  track.rewards = read(".rewards", steps);
  if (spec.num_players > 1) {
    track.opponent_actions = read(".opponent_actions", steps * spec.action_dim);
  }
  if (spec.image) {
    const TensorView& view =
        file.at(prefix + ".images", DType::kU8, {(steps + 1) * spec.image->num_bytes()});
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
    track.images.assign(bytes, bytes + view.bytes.size());
  }
  const auto end = to_integers(file.at(prefix + ".end", DType::kI64, {2}));
  if (end[0] < 0 || end[0] > 1 || end[1] < -1 || end[1] > 1) {
    fail("{}: {}.end is {} and {}", file.file_name(), prefix, end[0], end[1]);
  }
  track.terminated = end[0] == 1;
  track.outcome = static_cast<int>(end[1]);
  return track;
}

// Empty with one player.
std::string opponent_name(const SafetensorsFile& file, const std::string& key,
                          const EnvSpec& spec) {
  const auto found = file.metadata().find(key);
  const std::string name = found == file.metadata().end() ? "" : found->second;
  if (name.empty() != (spec.num_players == 1) || name.size() > kLongestName) {
    fail("{}: {}: expected {} name, found {} letters", file.file_name(), key,
         spec.num_players == 1 ? "no" : "a", name.size());
  }
  return name;
}

FinishedEpisode read_summary(const SafetensorsFile& file, const EnvSpec& spec,
                             const EpisodeTrack& own) {
  const std::int64_t num_terms = std::ssize(spec.reward_terms);
  const std::vector<double> totals = read_doubles(file, "totals", 1 + num_terms);
  for (const double total : totals) finite(file, "totals", total);
  return {.game = 0,
          .opponent = opponent_name(file, "opponent", spec),
          .total_reward = totals[0],
          .length = own.num_steps(),
          .outcome = static_cast<Outcome>(own.outcome),
          .reward_terms = {totals.begin() + 1, totals.end()}};
}

std::span<const float> row(const std::vector<float>& values, std::int64_t index,
                           std::int64_t width) {
  return std::span(values).subspan(static_cast<std::size_t>(index * width),
                                   static_cast<std::size_t>(width));
}

}  // namespace

void write_parcel(const EpisodeParcel& parcel, const std::filesystem::path& file) {
  SafetensorsWriter writer;
  writer.set_metadata("format", "foresight episode 1");
  writer.set_metadata("opponent", parcel.summary.opponent);
  writer.set_metadata("opponent_kind", parcel.opponent_kind);
  add_track(writer, "own", parcel.own);
  if (parcel.mirrored) add_track(writer, "mirrored", *parcel.mirrored);
  std::vector<double> totals{parcel.summary.total_reward};
  totals.insert(totals.end(), parcel.summary.reward_terms.begin(),
                parcel.summary.reward_terms.end());
  add_doubles(writer, "totals", totals);
  writer.add("weights_updates", {1}, std::span<const std::int64_t>(&parcel.weights_updates, 1));
  if (parcel.win_bonus) {
    add_doubles(writer, "win_bonus", {parcel.win_bonus->bonus, parcel.win_bonus->discount});
  }
  for (const auto& [name, value] : parcel.metrics) {
    if (std::isfinite(value)) add_doubles(writer, std::string(kMetric) + name, {value});
  }
  writer.write(file);
}

EpisodeParcel read_parcel(std::span<const std::byte> bytes, const EnvSpec& spec) {
  const auto file = SafetensorsFile::parse(bytes, "an actor's episode");
  EpisodeParcel parcel;
  parcel.own = read_track(file, "own", spec);
  if (file.contains("mirrored.rewards")) {
    parcel.mirrored = read_track(file, "mirrored", spec);
    if (parcel.mirrored->num_steps() != parcel.own.num_steps()) {
      fail("{}: {} steps of one side, {} of the other", file.file_name(), parcel.own.num_steps(),
           parcel.mirrored->num_steps());
    }
  }
  parcel.summary = read_summary(file, spec, parcel.own);
  parcel.opponent_kind = opponent_name(file, "opponent_kind", spec);
  parcel.weights_updates = to_integers(file.at("weights_updates", DType::kI64, {1})).front();
  if (file.contains("win_bonus")) {
    const auto numbers = read_doubles(file, "win_bonus", 2);
    parcel.win_bonus =
        WinBonus{finite(file, "win_bonus", numbers[0]), finite(file, "win_bonus", numbers[1])};
  }
  for (const std::string& name : file.names()) {
    if (!name.starts_with(kMetric)) continue;
    if (parcel.metrics.size() == kMaxMetrics || name.size() > kLongestName) {
      fail("{}: more than {} metrics, or one with a name of {} letters", file.file_name(),
           kMaxMetrics, name.size());
    }
    parcel.metrics.emplace_back(name.substr(kMetric.size()),
                                finite(file, name, read_doubles(file, name, 1).front()));
  }
  return parcel;
}

std::uint64_t max_parcel_bytes(const EnvSpec& spec) {
  if (spec.max_episode_steps <= 0) return kUnboundedBytes;
  const auto rows = static_cast<std::uint64_t>(spec.max_episode_steps) + 1;
  const std::int64_t numbers = spec.observation_dim + 2 * spec.action_dim + 1;
  const std::int64_t image = spec.image ? spec.image->num_bytes() : 0;
  return 2 * rows * static_cast<std::uint64_t>(4 * numbers + image) + kRoom;
}

void show_track(const EpisodeTrack& track, const EpisodeParcel& parcel, std::int64_t game,
                Observer& observer) {
  const std::int64_t steps = track.num_steps();
  const std::int64_t observation_dim = std::ssize(track.observations) / (steps + 1);
  const std::int64_t action_dim = std::ssize(track.actions) / steps;
  const auto image_bytes = static_cast<std::int64_t>(track.images.size()) / (steps + 1);
  const auto image = [&](std::int64_t index) {
    return std::span(track.images)
        .subspan(static_cast<std::size_t>(index * image_bytes),
                 static_cast<std::size_t>(image_bytes));
  };
  for (std::int64_t step = 0; step < steps; ++step) {
    const bool is_last = step + 1 == steps;
    observer.observe({.game = game,
                      .observation = row(track.observations, step, observation_dim),
                      .action = row(track.actions, step, action_dim),
                      .reward = track.rewards[static_cast<std::size_t>(step)],
                      .next_observation = row(track.observations, step + 1, observation_dim),
                      .terminated = is_last && track.terminated,
                      .truncated = is_last && !track.terminated,
                      .outcome = is_last ? track.outcome : 0,
                      .image = image(step),
                      .next_image = image(step + 1),
                      .opponent_action = track.opponent_actions.empty()
                                             ? std::span<const float>{}
                                             : row(track.opponent_actions, step, action_dim),
                      .opponent = parcel.opponent_kind,
                      .win_bonus = parcel.win_bonus});
  }
}

}  // namespace foresight

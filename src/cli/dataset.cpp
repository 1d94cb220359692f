// Data sets of recorded episodes: what is in them, whether they are whole, how they are made.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/statistics.h"
#include "cli/command.h"
#include "cli/dataset_conversion.h"
#include "replay/dataset_prefetcher.h"
#include "replay/dataset_writer.h"
#include "train/dataset_recorder.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kMostReturns = 200;  // episodes of a task whose rewards are summed up

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Kilobytes after `key` in /proc/self/status; 0 where the system does not tell.
std::int64_t status_kb(const std::string& key) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return std::stoll(line.substr(key.size()));
  }
  return 0;
}

// A data set whose numbers say where they stand, to measure with: row r of episode e.
class PlainData {
 public:
  static constexpr std::int64_t kObservations = 24;
  static constexpr std::int64_t kActions = 6;
  static constexpr std::int64_t kSteps = 500;

  // Whole numbers below 2^24 are exact in a float.
  static float first(std::int64_t episode) { return static_cast<float>(episode); }
  static float second(std::int64_t row) { return static_cast<float>(row); }

  static void write(const fs::path& folder, std::int64_t num_episodes) {
    DatasetWriter writer(folder, {.observation_dim = kObservations,
                                  .action_dim = kActions,
                                  .tasks = {{"bench", kObservations, kActions, kSteps}},
                                  .source = "foresight dataset bench"});
    Episode episode{.observations = std::vector<float>((kSteps + 1) * kObservations, 0.5f),
                    .actions = std::vector<float>(kSteps * kActions, 0.25f),
                    .rewards = std::vector<float>(kSteps),
                    .terminated = std::vector<float>(kSteps, 0.0f)};
    for (std::int64_t e = 0; e < num_episodes; ++e) {
      for (std::int64_t row = 0; row <= kSteps; ++row) {
        episode.observations[static_cast<std::size_t>(row * kObservations)] = first(e);
        episode.observations[static_cast<std::size_t>(row * kObservations + 1)] = second(row);
        if (row > 0) episode.rewards[static_cast<std::size_t>(row - 1)] = second(row);
      }
      writer.add(episode);
    }
    writer.flush();
  }

  // The index of so many episodes over files without content, which take no room on the disk: for
  // what depends on the number of episodes alone.
  static void write_index_only(const fs::path& folder, std::int64_t num_episodes) {
    fs::create_directories(folder);
    const DatasetHeader header{.observation_dim = kObservations,
                               .action_dim = kActions,
                               .tasks = {{"bench", kObservations, kActions, kSteps}},
                               .source = "foresight dataset bench"};
    write_dataset_header(folder, header);
    std::vector<DatasetEntry> entries(static_cast<std::size_t>(num_episodes));
    for (std::int64_t e = 0; e < num_episodes; ++e) {
      DatasetEntry& entry = entries[static_cast<std::size_t>(e)];
      entry.first_row = e * (kSteps + 1);
      entry.num_rows = kSteps + 1;
      entry.entry_checksum = checksum_of(entry);
    }
    std::ofstream(rows_file(folder, 0)).flush();
    fs::resize_file(rows_file(folder, 0), static_cast<std::uintmax_t>(num_episodes * (kSteps + 1) *
                                                                      header.row_floats() * 4));
    std::ofstream out(index_file(folder, 0), std::ios::binary);
    const auto bytes = std::as_bytes(std::span(entries));
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) fail("cannot write {}", index_file(folder, 0).string());
  }

  // Error: rows that are not those of their slice.
  static void check(const SliceBatch& batch) {
    const std::int64_t count = batch.num_slices;
    for (std::int64_t t = 0; t <= batch.horizon; ++t) {
      for (std::int64_t b = 0; b < count; ++b) {
        const SliceIndex& slice = batch.slices[static_cast<std::size_t>(b)];
        const float* row = batch.observations.data() + (t * count + b) * kObservations;
        const bool has_step = t > 0;
        const auto at = static_cast<std::size_t>(std::max<std::int64_t>(t - 1, 0) * count + b);
        if (row[0] == first(slice.episode) && row[1] == second(slice.start + t) &&
            row[kObservations - 1] == 0.5f &&
            (!has_step || batch.rewards[at] == second(slice.start + t))) {
          continue;
        }
        fail("slice {} of episode {}: row {} is {} of episode {}", b, slice.episode,
             slice.start + t, row[1], row[0]);
      }
    }
  }
};

class DatasetCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_,
                   "info: what is in it; verify: read all of it and check every checksum; convert: "
                   "make one from chunks or from a run; bench: write one, measure reading, delete")
        ->required()
        ->check(CLI::IsMember({"info", "verify", "convert", "bench"}));
    app.add_option("FOLDER", source_, "the data set, or what is converted")->required();
    app.add_option("TARGET", target_, "of convert: a new folder");
    app.add_option("--tasks", tasks_,
                   "of convert from chunks: what the numbers of tasks stand for: mt30, mt80, or "
                   "environments separated by commas")
        ->capture_default_str();
    app.add_option("--gigabytes", gigabytes_, "of bench")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 100000.0));
    app.add_option("--batch", batch_, "of bench: slices a batch")
        ->capture_default_str()
        ->check(CLI::Range(1, 65536));
  }

  int run() override {
    if (what_ != "convert" && !target_.empty()) fail("only convert takes a second folder");
    if (what_ == "info") info();
    if (what_ == "verify") verify();
    if (what_ == "convert") convert();
    if (what_ == "bench") bench();
    return 0;
  }

 private:
  // A run stands for what it recorded.
  fs::path folder() const {
    const fs::path own = source_;
    return !is_dataset_folder(own) && is_dataset_folder(recorded_folder(own)) ? recorded_folder(own)
                                                                              : own;
  }

  void info() const {
    const DatasetFolder data(folder());
    const DatasetHeader& header = data.header();
    fmt::print("{}: {} episodes, {} rows of {} observations and {} actions ({:.2f} GB)\n",
               data.path().string(), data.episodes().size(), data.num_rows(),
               header.observation_dim, header.action_dim,
               static_cast<double>(data.num_rows() * header.row_floats()) * 4e-9);
    if (!header.source.empty()) fmt::print("from: {}\n", header.source);
    fmt::print("{:<3} {:<26} {:>6} {:>4} {:>10} {:>12}  {}\n", "", "task", "obs", "act", "episodes",
               "steps", "return: mean, lowest, highest");
    for (std::size_t task = 0; task < header.tasks.size(); ++task) print_task(data, task);
  }

  static void print_task(const DatasetFolder& data, std::size_t task) {
    const DatasetTask& own = data.header().tasks[task];
    std::int64_t num_steps = 0;
    std::vector<const DatasetFolder::Stored*> episodes;
    for (const auto& episode : data.episodes()) {
      if (episode.task != task) continue;
      episodes.push_back(&episode);
      num_steps += episode.num_rows - 1;
    }
    std::vector<double> returns;
    const std::int64_t stride =
        std::max<std::int64_t>(1, (std::ssize(episodes) + kMostReturns - 1) / kMostReturns);
    for (std::int64_t i = 0; i < std::ssize(episodes); i += stride) {
      returns.push_back(return_of(data, *episodes[static_cast<std::size_t>(i)]));
    }
    std::string text = "-";
    if (!returns.empty()) {
      const auto [lowest, highest] = std::ranges::minmax(returns);
      text = fmt::format("{:.1f}, {:.1f}, {:.1f}{}", mean_of(returns), lowest, highest,
                         stride > 1 ? fmt::format(" (of {} of them)", returns.size()) : "");
    }
    fmt::print("{:<3} {:<26} {:>6} {:>4} {:>10} {:>12}  {}\n", task, own.name, own.observation_dim,
               own.action_dim, episodes.size(), num_steps, text);
  }

  static double return_of(const DatasetFolder& data, const DatasetFolder::Stored& episode) {
    const auto rows = data.rows(episode, 0, episode.num_rows);
    const auto width = static_cast<std::size_t>(data.header().row_floats());
    double sum = 0.0;
    for (std::size_t at = 2 * width - 2; at < rows.size(); at += width) sum += rows[at];
    return sum;
  }

  void verify() const {
    const DatasetFolder data(folder());
    const auto begin = Clock::now();
    data.verify();
    const double gigabytes =
        static_cast<double>(data.num_rows() * data.header().row_floats()) * 4e-9;
    fmt::print("{}: whole: {} episodes, {:.2f} GB, every checksum right ({:.1f} s)\n",
               data.path().string(), data.episodes().size(), gigabytes, ms_since(begin) * 1e-3);
  }

  void convert() const {
    if (target_.empty()) fail("convert: name the new folder behind {}", source_);
    const bool is_run = is_run_folder(source_);
    if (!is_run && tasks_.empty()) {
      fail(
          "convert: --tasks says what the chunks' tasks are: mt30, mt80, or environments such as "
          "\"dmcontrol/cup-catch, dmcontrol/reacher-easy\"");
    }
    const ConversionResult result =
        is_run ? convert_run(source_, target_) : convert_chunks(source_, target_, tasks_);
    fmt::print("{}: {} episodes, {} steps\n", target_, result.num_episodes, result.num_steps);
  }

  void bench() const {
    constexpr double kEpisodeBytes =
        4.0 * (PlainData::kSteps + 1) * (PlainData::kObservations + PlainData::kActions + 2);
    const auto num_episodes =
        std::max<std::int64_t>(1, std::llround(gigabytes_ * 1e9 / kEpisodeBytes));
    const fs::path folder = fs::path(source_) / "foresight-dataset-bench";
    if (fs::exists(folder)) fail("{}: it exists already; remove it first", folder.string());
    const auto remove = [&] { fs::remove_all(folder); };
    const DatasetUse use{.observation_dim = PlainData::kObservations,
                         .action_dim = PlainData::kActions,
                         .tasks = {"bench"}};
    try {
      auto begin = Clock::now();
      PlainData::write(folder / "full", num_episodes);
      fmt::print("written      {} episodes, {:.2f} GB in {:.1f} s\n", num_episodes,
                 static_cast<double>(num_episodes) * kEpisodeBytes * 1e-9, ms_since(begin) * 1e-3);
      begin = Clock::now();
      const DatasetStore store({folder / "full"}, use);
      fmt::print("opened       {} rows in {:.1f} ms\n", store.num_rows(), ms_since(begin));
      measure(store);
      measure_choosing(folder / "index", use);
    } catch (...) {  // the store goes in every case
      remove();
      throw;
    }
    remove();
  }

  // As many rows as mt30's published data has.
  void measure_choosing(const fs::path& folder, const DatasetUse& use) const {
    constexpr std::int64_t kEpisodes = 690'000;
    PlainData::write_index_only(folder, kEpisodes);
    auto begin = Clock::now();
    const DatasetStore store({folder}, use);
    const double open_ms = ms_since(begin);
    Rng rng(2, "dataset bench");
    SliceBatch batch;
    std::vector<double> times;
    for (int round = 0; round < 200; ++round) {
      begin = Clock::now();
      store.sample(batch_, 3, rng, batch);
      times.push_back(ms_since(begin));
    }
    fmt::print(
        "choose       p50 {:.3f} ms, p99 {:.3f} ms a batch at {} rows in {} episodes "
        "(index alone; opened in {:.0f} ms)\n",
        percentile(times, 0.5), percentile(times, 0.99), store.num_rows(), kEpisodes, open_ms);
  }

  void measure(const DatasetStore& store) const {
    constexpr std::int64_t kHorizon = 3;
    Rng rng(1, "dataset bench");
    SliceBatch batch;
    std::vector<double> choose_ms;
    std::vector<double> cold_ms;
    std::vector<double> warm_ms;
    for (int round = 0; round < 20; ++round) {
      store.drop_cache();
      auto begin = Clock::now();
      store.sample(batch_, kHorizon, rng, batch);
      choose_ms.push_back(ms_since(begin));
      begin = Clock::now();
      store.gather(kHorizon, batch);
      cold_ms.push_back(ms_since(begin));
      PlainData::check(batch);
      begin = Clock::now();
      store.gather(kHorizon, batch);  // the same rows again
      warm_ms.push_back(ms_since(begin));
    }
    const auto tell = [](const char* what, const std::vector<double>& times) {
      fmt::print("{:<12} p50 {:.3f} ms, worst {:.3f} ms a batch\n", what, percentile(times, 0.5),
                 percentile(times, 1.0));
    };
    tell("choose", choose_ms);
    tell("read cold", cold_ms);
    tell("read warm", warm_ms);
    constexpr int kBatches = 300;
    DatasetPrefetcher prefetcher(store, batch_, kHorizon, rng.state());
    const auto begin = Clock::now();
    for (int i = 0; i < kBatches; ++i) PlainData::check(prefetcher.next());
    fmt::print("prefetcher   {:.3f} ms a batch over {} batches, every row checked\n",
               ms_since(begin) / kBatches, kBatches);
    fmt::print("memory       {} MB resident now, {} MB at most\n", status_kb("VmRSS:") / 1024,
               status_kb("VmHWM:") / 1024);
  }

  std::string what_;
  std::string source_;
  std::string target_;
  std::string tasks_;
  double gigabytes_ = 1.0;
  std::int64_t batch_ = 1024;
};

FS_REGISTER_WORD("dataset", DatasetCommand, "recorded episodes: what is in them, are they whole",
                 "foresight dataset info runs/last/replay", "foresight dataset verify FOLDER",
                 "foresight dataset convert CHUNKS TARGET --tasks mt30",
                 "foresight dataset convert runs/MY-RUN TARGET",
                 "foresight dataset bench /tmp --gigabytes 20");

}  // namespace
}  // namespace foresight

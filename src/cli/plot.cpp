#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "cli/command.h"
#include "render/line_chart.h"
#include "train/metric_history.h"
#include "train/run_folder.h"
#include "train/run_record.h"

namespace foresight {
namespace {

bool is_of_policy(const std::string& key) { return key.find("/policy_") != std::string::npos; }

// "eval/weak/policy_win_rate" -> what stands in the legend. An agent is evaluated with its policy
// alone only beside its planner: without `has_both` there is nothing to tell apart.
std::string legend_of(const std::string& key, bool has_both) {
  if (!key.starts_with("eval/") || !key.ends_with("win_rate")) return key;
  const std::string opponent = key.substr(5, key.rfind('/') - 5);
  if (!has_both) return opponent;
  return fmt::format("{}, {}", opponent, is_of_policy(key) ? "policy alone" : "planner");
}

// The planner's line and the policy's are of one group.
std::string group_of(std::string key) {
  const auto policy = key.find("policy_");
  return policy == std::string::npos ? key : key.erase(policy, 7);
}

class PlotCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "a run, or last")->required();
    app.add_option("--metrics", keys_,
                   "names of metrics, several with commas between (default: the win rates of "
                   "evaluations, else their returns)")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--x", x_, "step or time")
        ->capture_default_str()
        ->check(CLI::IsMember({"step", "time"}));
    app.add_option("--out", out_, "the picture, .png (default: <name of the run>.png)");
  }

  int run() override {
    const auto folder = find_run(run_);
    const auto rows = read_metrics(folder);
    const auto known = metric_names(rows);
    if (keys_.empty()) keys_ = default_keys(known);
    if (keys_.empty()) {
      fail("{}: no evaluation yet; name metrics with --metrics, e.g. --metrics episode/return",
           folder.string());
    }
    std::vector<ChartLine> lines;
    for (const std::string& key : keys_) {
      if (!std::binary_search(known.begin(), known.end(), key)) {
        fail("{}: no metric \"{}\"{}", folder.string(), key, did_you_mean(key, known));
      }
      lines.push_back(line_of(rows, key));
    }
    if (std::ranges::all_of(lines, [](const ChartLine& line) { return line.points.empty(); })) {
      fail("{}: {} is never a number", folder.string(), keys_.front());
    }
    const std::string name = folder.filename().string();
    const ChartText text{.title = read_run_record(folder).name,
                         .x_axis = x_ == "step" ? "environment steps" : "minutes of training",
                         .y_axis = y_title()};
    const std::filesystem::path out = out_.empty() ? name + ".png" : out_;
    draw_line_chart(text, lines).write_png(out);
    fmt::print("picture: {}\n", out.string());
    return 0;
  }

 private:
  static std::vector<std::string> default_keys(const std::vector<std::string>& known) {
    for (const char* ending : {"win_rate", "return"}) {
      std::vector<std::string> keys;
      std::ranges::copy_if(known, std::back_inserter(keys), [&](const std::string& key) {
        return key.starts_with("eval/") && key.ends_with(ending);
      });
      if (!keys.empty()) return keys;
    }
    return {};
  }

  ChartLine line_of(const std::vector<MetricValues>& rows, const std::string& key) const {
    const bool has_both = std::ranges::any_of(keys_, is_of_policy);
    ChartLine line{.name = legend_of(key, has_both),
                   .points = {},
                   .is_dashed = is_of_policy(key),
                   .group = group_of(key)};
    for (const MetricValues& row : rows) {
      const auto value = row.find(key);
      const auto x = row.find(x_ == "step" ? "step" : "time_s");
      if (value == row.end() || x == row.end() || !std::isfinite(value->second)) continue;
      line.points.push_back({x_ == "step" ? x->second : x->second / 60.0, value->second});
    }
    return line;
  }

  std::string y_title() const {
    const bool are_win_rates = std::ranges::all_of(
        keys_, [](const std::string& key) { return key.ends_with("win_rate"); });
    return are_win_rates ? "share of games won" : keys_.size() == 1 ? keys_.front() : "";
  }

  std::string run_;
  std::vector<std::string> keys_;
  std::string x_ = "step";
  std::string out_;
};

FS_REGISTER_WORD("plot", PlotCommand, "draws the learning curve of a run", "foresight plot last",
                 "foresight plot last --metrics episode/return --x time --out return.png");

}  // namespace
}  // namespace foresight

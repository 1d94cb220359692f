#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/command.h"
#include "io/atomic_file.h"
#include "io/file_name.h"
#include "render/line_chart.h"
#include "report/report_page.h"
#include "report/svg_chart.h"
#include "train/exit_record.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

// "eval/weak/win_rate" of "dmcontrol/cup-catch" -> "dmcontrol-cup-catch_eval-weak-win_rate".
std::string file_stem(const CurvePanel& panel) {
  return as_file_name(panel.task + "_" + panel.metric);
}

Canvas picture(const CurvePanel& panel) {
  std::vector<ChartLine> lines;
  for (const GroupCurve& curve : panel.curves) {
    ChartLine line{.name = curve.group, .points = {}};
    for (const MeanPoint& point : curve.mean) {
      line.points.push_back({point.x, point.mean});
      line.low.push_back({point.x, point.interval.low});
      line.high.push_back({point.x, point.interval.high});
    }
    lines.push_back(std::move(line));
  }
  return draw_line_chart({.title = panel.task + ": " + metric_title(panel.metric),
                          .x_axis = "environment steps",
                          .y_axis = axis_title(panel.metric)},
                         lines);
}

class ReportCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", names_, "runs, or folders that hold runs (a sweep)")->required();
    app.add_option("--by", by_,
                   "keys of the config that make a group, several with commas between (default: "
                   "everything that differs, seeds aside)")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--metrics", metrics_,
                   "metrics to compare (default: win rates of evaluations, else returns)")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--title", title_, "the page's heading");
    app.add_option("--out", out_, "the page")->capture_default_str();
    app.add_option("--figures", figures_,
                   "also write every figure as SVG and PNG into this folder");
  }

  int run() override {
    Report report;
    for (const fs::path& folder : run_folders()) {
      report.runs.push_back(read_run_data(folder));
      const auto record = read_exit_record(folder);
      report.endings.push_back(record ? describe_ending(*record) : std::string());
    }
    report.groups = group_runs(report.runs, by_);
    for (const std::string& metric : chosen_metrics(report.runs)) {
      for (const CurveAxis axis : {CurveAxis::kSteps, CurveAxis::kMinutes}) {
        for (CurvePanel& panel : curve_panels(report.runs, report.groups, metric, axis)) {
          report.panels.push_back(std::move(panel));
        }
      }
      report.comparisons.push_back(compare_final(report.runs, report.groups, metric));
    }
    report.text = {.title = title_.empty() ? default_title(report.runs) : title_,
                   .about = fmt::format("{} runs in {} groups, {}", report.runs.size(),
                                        report.groups.size(), local_time("%Y-%m-%d %H:%M"))};
    write_file_atomically(out_, report_page(report));
    print(report);
    if (!figures_.empty()) write_figures(report);
    return 0;
  }

 private:
  // Runs as they are, and the runs of folders that hold some, each once.
  std::vector<fs::path> run_folders() const {
    std::vector<fs::path> folders;
    for (const std::string& name : names_) {
      std::vector<fs::path> inside;
      if (!is_run_folder(name) && fs::is_directory(name)) {
        for (const auto& entry : fs::directory_iterator(name)) {
          if (is_run_folder(entry.path())) inside.push_back(entry.path());
        }
        if (inside.empty()) fail("{}: neither a run nor a folder that holds runs", name);
        std::ranges::sort(inside);
      } else {
        inside.push_back(find_run(name));
      }
      for (const fs::path& folder : inside) {
        const bool is_new = std::ranges::none_of(
            folders, [&](const fs::path& other) { return fs::equivalent(folder, other); });
        if (is_new) folders.push_back(folder);
      }
    }
    return folders;
  }

  std::vector<std::string> chosen_metrics(const std::vector<RunData>& runs) const {
    if (metrics_.empty()) return score_metrics(runs);
    std::set<std::string> known;
    for (const RunData& run : runs) {
      for (const std::string& name : metric_names(run.rows)) known.insert(name);
    }
    const std::vector<std::string> all(known.begin(), known.end());
    for (const std::string& metric : metrics_) {
      if (!known.contains(metric)) {
        fail("--metrics: no run has a metric \"{}\"{}", metric, did_you_mean(metric, all));
      }
    }
    return metrics_;
  }

  static std::string default_title(const std::vector<RunData>& runs) {
    std::vector<std::string> names;
    for (const RunData& run : runs) {
      if (std::ranges::find(names, run.record.name) == names.end()) {
        names.push_back(run.record.name);
      }
    }
    constexpr std::size_t kMostNames = 4;
    if (names.size() > kMostNames) return fmt::format("{} experiments", names.size());
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void print(const Report& report) const {
    for (const MetricComparison& comparison : report.comparisons) {
      fmt::print("{}:\n", metric_title(comparison.metric));
      for (const GroupScore& score : comparison.scores) {
        const Estimate& iqm = score.interquartile_mean;
        if (score.num_runs == 1) {
          fmt::print("  {:<40} {:.3f} (one run)\n", score.group, iqm.value);
        } else {
          fmt::print("  {:<40} {:.3f} [{:.3f}, {:.3f}] interquartile mean of {} runs\n",
                     score.group, iqm.value, iqm.interval.low, iqm.interval.high, score.num_runs);
        }
      }
    }
    fmt::print("page: {}\n", out_);
  }

  void write_figures(const Report& report) const {
    std::error_code problem;
    fs::create_directories(figures_, problem);
    if (problem) fail("cannot make the folder {}: {}", figures_, problem.message());
    for (const CurvePanel& panel : report.panels) {
      if (panel.axis != CurveAxis::kSteps) continue;
      const fs::path stem = fs::path(figures_) / file_stem(panel);
      write_file_atomically(stem.string() + ".svg", svg_chart(panel));
      picture(panel).write_png(stem.string() + ".png");
      fmt::print("figure: {}.svg, .png\n", stem.string());
    }
  }

  std::vector<std::string> names_;
  std::vector<std::string> by_;
  std::vector<std::string> metrics_;
  std::string title_;
  std::string out_ = "report.html";
  std::string figures_;
};

FS_REGISTER_WORD("report", ReportCommand, "compares runs on one HTML page",
                 "foresight report runs/sweep", "foresight report last runs/sac-a --by agent.id",
                 "foresight report runs/sweep --by agent.planner.horizon --figures figures");

}  // namespace
}  // namespace foresight

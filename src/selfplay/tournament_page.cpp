#include "selfplay/tournament_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/html.h"

namespace foresight {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ground: #fff; --text: #1c2126; --dim: #667079;
  --line: #dfe3e7; --track: #eef1f4; --band: #9cc3e8; --mark: #1f5f99; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15191d; --text: #e6eaee; --dim: #96a1ab; --line: #313940; --track: #22292f;
    --band: #2f5f8c; --mark: #a9d2f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--ground);
  color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; }
p { margin: .3rem 0; color: var(--dim); }
.rating { display: grid; grid-template-columns: minmax(7rem, 16rem) 1fr 4rem; gap: .2rem .7rem;
  align-items: center; margin: .35rem 0; }
.rating .name { overflow-wrap: anywhere; }
.rating .value { text-align: right; font-variant-numeric: tabular-nums; font-weight: 600; }
.track { position: relative; height: 1.1rem; background: var(--track); border-radius: .3rem; }
.band { position: absolute; top: 0; bottom: 0; background: var(--band); border-radius: .3rem; }
.mean { position: absolute; top: -.1rem; bottom: -.1rem; width: 3px; background: var(--mark); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .55rem; border: 1px solid var(--line); text-align: center; }
th { font-weight: 600; font-size: .85rem; overflow-wrap: anywhere; min-width: 4.5rem; }
tbody th { position: sticky; left: 0; background: var(--ground); text-align: left;
  max-width: 11rem; }
td small { display: block; color: var(--dim); font-size: .72rem; white-space: nowrap; }
@media (max-width: 34rem) { body { padding: .6rem; } .rating { grid-template-columns: 1fr 4rem; }
  .rating .track { grid-row: 2; grid-column: 1 / -1; } }
)";

// Green for won, red for lost, the stronger the clearer.
std::string heat(double win_rate) {
  const double clearness = std::abs(2.0 * win_rate - 1.0);
  const char* colour = win_rate >= 0.5 ? "42,145,80" : "205,60,50";
  return fmt::format("background:rgba({},{:.2f})", colour, 0.08 + 0.62 * clearness);
}

std::string rating_bars(const TournamentTable& table) {
  double low = 0.0;
  double high = 0.0;
  for (const Rating& rating : table.ratings) {
    low = std::min(low, rating.mu - 3.0 * rating.sigma);
    high = std::max(high, rating.mu + 3.0 * rating.sigma);
  }
  const auto percent = [&](double value) { return 100.0 * (value - low) / (high - low); };
  std::string html;
  for (const std::size_t i : table.ranking) {
    const Rating& rating = table.ratings[i];
    const double begin = percent(rating.mu - 3.0 * rating.sigma);
    const double end = percent(rating.mu + 3.0 * rating.sigma);
    html += fmt::format(
        "<div class=\"rating\"><span class=\"name\">{}</span>"
        "<span class=\"track\" title=\"mu {:.2f}, sigma {:.2f}\">"
        "<span class=\"band\" style=\"left:{:.2f}%;width:{:.2f}%\"></span>"
        "<span class=\"mean\" style=\"left:{:.2f}%\"></span></span>"
        "<span class=\"value\">{:.2f}</span></div>\n",
        escape_html(table.names[i]), rating.mu, rating.sigma, begin, end - begin,
        percent(rating.mu), rating.ordinal());
  }
  return html;
}

std::string cell(const Score& score) {
  const Interval interval = score.win_interval();
  return fmt::format(
      "<td style=\"{}\">{:.0f} %<small>{:.0f} to {:.0f}</small><small>{} / {} / {}</small></td>",
      heat(score.win_rate()), 100.0 * score.win_rate(), 100.0 * interval.low, 100.0 * interval.high,
      score.wins, score.draws, score.losses);
}

std::string heat_map(const TournamentTable& table) {
  std::string html = "<table><thead><tr><th></th><th>all</th>";
  for (const std::size_t j : table.ranking) {
    html += fmt::format("<th>{}</th>", escape_html(table.names[j]));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::size_t i : table.ranking) {
    html += fmt::format("<tr><th>{}</th>{}", escape_html(table.names[i]), cell(table.totals[i]));
    for (const std::size_t j : table.ranking) {
      html += i == j ? "<td>&ndash;</td>" : cell(table.cross[i][j]);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>";
}

}  // namespace

std::string tournament_page(const TournamentTable& table, const TournamentPageText& text) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<p>{2}</p>\n"
      "<h2>Ratings</h2>\n<p>The number is mu &minus; 3 sigma; the band reaches from there to "
      "mu + 3 sigma, the mark is mu (Plackett-Luce).</p>\n{3}"
      "<h2>Who beats whom</h2>\n<p>Share of games that the row won against the column, a draw "
      "being no win; its 95 % interval; won / drawn / lost.</p>\n"
      "<div class=\"scroll\">{4}</div>\n</body>\n</html>\n",
      escape_html(text.title), kStyle, escape_html(text.about), rating_bars(table),
      heat_map(table));
}

}  // namespace foresight

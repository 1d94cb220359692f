#include "net/league_page.h"

#include <nlohmann/json.hpp>

#include "io/html.h"

namespace foresight {
namespace {

constexpr const char* kStyle = R"(
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1d2733; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid #dde3ea;
         font-variant-numeric: tabular-nums; }
th { font-weight: 600; border-bottom: 2px solid #8796a8; }
.name { text-align: left; }
.bar { background: #2f6fb5; height: .6rem; border-radius: .2rem; }
.quiet { color: #66758a; }
@media (prefers-color-scheme: dark) {
  body { color: #dfe6ee; background: #151b22; }
  th, td { border-color: #303b47; }
}
)";

std::string response(std::string_view status, std::string_view type, const std::string& body,
                     bool is_head) {
  const std::string head = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}; charset=utf-8\r\nContent-Length: {}\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
      "Connection: close\r\n\r\n",
      status, type, body.size());
  return is_head ? head : head + body;
}

std::string row(int place, const LeagueStanding& standing, double best,
                const LeagueMoment& moment) {
  const double shown = standing.rating.shown();
  const double width = best > 0.0 && shown > 0.0 ? 100.0 * shown / best : 0.0;
  const auto online = moment.online.find(standing.name);
  const auto answers = moment.answers.find(standing.name);
  const std::string presence = online == moment.online.end() ? "" : " &#9679;";
  const std::string times =
      answers == moment.answers.end()
          ? "<td></td>"
          : fmt::format("<td>{:.0f} / {:.0f}</td>", answers->second.quantile_ms(0.5),
                        answers->second.quantile_ms(0.99));
  return fmt::format(
      "<tr><td>{}</td><td class=\"name\">{}{}</td><td>{:.2f}</td>"
      "<td style=\"width:25%\"><div class=\"bar\" style=\"width:{:.0f}%\"></div></td>"
      "<td>{:.2f} &plusmn; {:.2f}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
      "<td>{}:{}</td>{}</tr>\n",
      place, escape_html(standing.name), presence, shown, width, standing.rating.mu,
      standing.rating.sigma, standing.games(), standing.wins, standing.draws, standing.losses,
      standing.rounds_won, standing.rounds_lost, times);
}

std::string html(const LeagueTable& table, const LeagueMoment& moment) {
  std::string text = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta http-equiv=\"refresh\" content=\"5\"><title>Laser hockey league</title>"
      "<style>{}</style></head>\n<body><h1>Laser hockey league</h1>\n"
      "<p>{} games played, {} being played, {} waiting. <span class=\"quiet\">Rating: mean &minus; "
      "3 "
      "deviations of a Plackett-Luce model; &#9679; online; answers: time to act, median / 99 % in "
      "ms.</span></p>\n<table><tr><th></th><th class=\"name\">Player</th><th>Rating</th><th></th>"
      "<th>Mean &plusmn; deviation</th><th>Games</th><th>Won</th><th>Drawn</th><th>Lost</th>"
      "<th>Rounds</th><th>Answers</th></tr>\n",
      kStyle, table.num_games(), moment.matches.size(), moment.num_waiting);
  const auto standings = table.standings();
  const double best = standings.empty() ? 0.0 : standings.front().rating.shown();
  int place = 0;
  for (const LeagueStanding& standing : standings) text += row(++place, standing, best, moment);
  text += "</table>\n";
  if (!moment.matches.empty()) {
    text += "<h2>Now</h2>\n<p>";
    for (const std::string& match : moment.matches) text += escape_html(match) + "<br>\n";
    text += "</p>\n";
  }
  text +=
      "<h2>Latest games</h2>\n<table><tr><th class=\"name\">Ended (UTC)</th><th>Left</th>"
      "<th>Score</th><th class=\"name\">Right</th><th>Steps</th></tr>\n";
  for (const LeagueResult& result : table.latest()) {
    text += fmt::format(
        "<tr><td class=\"name\">{}</td><td>{}</td><td>{}:{}</td><td "
        "class=\"name\">{}</td><td>{}</td>"
        "</tr>\n",
        escape_html(result.time), escape_html(result.left), result.left_score, result.right_score,
        escape_html(result.right), result.steps);
  }
  return text + "</table></body></html>\n";
}

std::string json(const LeagueTable& table, const LeagueMoment& moment) {
  auto rows = nlohmann::ordered_json::array();
  for (const LeagueStanding& standing : table.standings()) {
    rows.push_back({{"name", standing.name},
                    {"rating", standing.rating.shown()},
                    {"mu", standing.rating.mu},
                    {"sigma", standing.rating.sigma},
                    {"games", standing.games()},
                    {"wins", standing.wins},
                    {"draws", standing.draws},
                    {"losses", standing.losses},
                    {"rounds_won", standing.rounds_won},
                    {"rounds_lost", standing.rounds_lost},
                    {"online", moment.online.contains(standing.name)}});
  }
  return nlohmann::ordered_json{{"games", table.num_games()},
                                {"playing", moment.matches.size()},
                                {"waiting", moment.num_waiting},
                                {"table", std::move(rows)}}
             .dump(2) +
         "\n";
}

}  // namespace

std::string page_response(std::string_view request, const LeagueTable& table,
                          const LeagueMoment& moment) {
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  const auto method_end = line.find(' ');
  const auto path_end = line.find_first_of(" ?", method_end == line.npos ? 0 : method_end + 1);
  if (method_end == line.npos || path_end == line.npos) {
    return response("400 Bad Request", "text/plain", "expected GET / HTTP/1.1\n", false);
  }
  const std::string_view method = line.substr(0, method_end);
  const std::string_view path = line.substr(method_end + 1, path_end - method_end - 1);
  const bool is_head = method == "HEAD";
  if (method != "GET" && !is_head) {
    return response("405 Method Not Allowed", "text/plain", "this page can only be read\n", false);
  }
  if (path == "/") return response("200 OK", "text/html", html(table, moment), is_head);
  if (path == "/table.json") {
    return response("200 OK", "application/json", json(table, moment), is_head);
  }
  return response("404 Not Found", "text/plain", "there are / and /table.json\n", is_head);
}

}  // namespace foresight

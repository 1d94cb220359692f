// The league's table for a browser: one self-contained page that reloads itself, and the same as
// JSON. Nothing can be changed through it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/latency.h"
#include "net/league_table.h"

namespace foresight {

// What the table does not know: the present moment.
struct LeagueMoment {
  std::int64_t num_waiting = 0;
  std::vector<std::string> matches;                 // "ann 2:1 bob"
  std::map<std::string, std::int64_t> online;       // connections of a user
  std::map<std::string, LatencyHistogram> answers;  // times to answer a step since the server began
};

// The whole HTTP response to `request`, the bytes up to the first empty line. GET and HEAD of / and
// /table.json; everything else gets an error status.
std::string page_response(std::string_view request, const LeagueTable& table,
                          const LeagueMoment& moment);

}  // namespace foresight

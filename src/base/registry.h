// Self-registration: a type names itself once, at the end of its .cpp, and lists, command line,
// conformance tests and benchmarks find it. The only singletons of the program.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace foresight {

// Levenshtein distance: letters to insert, delete or replace to turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate with the smallest edit distance, empty if none is near (more than a third + 1 of
// the word's letters away).
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

// `; did you mean "x"?` or an empty text: the tail of messages about unknown words.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

template <typename Entry>
class Registry {
 public:
  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  bool add(std::string name, Entry entry) {
    entries_.emplace(std::move(name), std::move(entry));
    return true;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) result.push_back(name);
    return result;
  }

  // `what` names the kind of thing in the message, for example "environment".
  const Entry& find(const std::string& name, std::string_view what) const {
    const auto found = entries_.find(name);
    if (found != entries_.end()) return found->second;
    std::string known;
    for (const auto& [key, entry] : entries_) known += (known.empty() ? "" : ", ") + key;
    fail("unknown {} \"{}\"{}\n  known: {}", what, name, did_you_mean(name, names()), known);
  }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace foresight

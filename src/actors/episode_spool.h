// The finished episodes of an actor that the learner has not confirmed yet, a file each: they
// outlive the actor. One appears whole or not at all, and is named by its number and its steps.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

#include "actors/episode_parcel.h"

namespace foresight {

class EpisodeSpool {
 public:
  // Finds what an earlier process left. Error: the folder cannot be made.
  explicit EpisodeSpool(std::filesystem::path folder);

  struct Entry {
    std::uint64_t number = 0;
    std::int64_t num_steps = 0;
  };
  const std::deque<Entry>& entries() const { return entries_; }  // numbers rise
  std::int64_t num_steps() const;                                // of all

  // The next number is at least this.
  void count_from(std::uint64_t number) { next_number_ = std::max(next_number_, number); }
  Entry add(const EpisodeParcel& parcel);
  // The file's bytes.
  std::string read(const Entry& entry) const;
  // Up to and with this number: the learner has them.
  void drop_through(std::uint64_t number);

 private:
  std::filesystem::path path_of(const Entry& entry) const;

  std::filesystem::path folder_;
  std::deque<Entry> entries_;
  std::uint64_t next_number_ = 1;
};

}  // namespace foresight

#include "agent/agent.h"

namespace foresight {

void Agent::learn_from(const std::vector<std::filesystem::path>&) {
  fail("data: this agent does not learn from recorded episodes alone (tdmpc2 does)");
}

void Agent::join(Ranks& ranks, std::uint64_t) {
  fail(
      "ranks = {}: this agent learns in one process only (tdmpc2, sac and dreamerv2 learn in "
      "several)",
      ranks.size());
}

void Agent::load_shards(const std::vector<CheckpointPlace>& shards) {
  fail("this agent cannot share out the checkpoint of {} ranks over another number", shards.size());
}

std::unique_ptr<Agent> make_agent(const Table& section, const EnvSpec& env, std::uint64_t seed) {
  const ConfigValue* id = section.find("id");
  const std::string* name = id == nullptr ? nullptr : std::get_if<std::string>(&id->data);
  if (name == nullptr) fail("[agent] needs an id, for example id = \"random\"");
  return AgentRegistry::instance().find(*name, "agent").make(section, env, seed);
}

}  // namespace foresight

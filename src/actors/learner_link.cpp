#include "actors/learner_link.h"

#include <chrono>
#include <thread>

#include "actors/weights_parcel.h"
#include "base/error.h"

namespace foresight {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTryAgainAfter = std::chrono::milliseconds(500);
constexpr auto kAnswerTime = std::chrono::seconds(30);
constexpr std::int64_t kLookEveryMs = 200;

ActorMessageLimits limits_of_learners() {
  return {{ActorMessageKind::kWelcome, kMaxWelcomeBytes},
          {ActorMessageKind::kWeights, kMaxWeightsBytes},
          {ActorMessageKind::kOrders, kMaxWelcomeBytes},
          {ActorMessageKind::kReceipt, sizeof(std::uint64_t)},
          {ActorMessageKind::kRefusal, kMaxActorWordBytes},
          {ActorMessageKind::kFarewell, 0}};
}

}  // namespace

ActorWelcome LearnerLink::connect() {
  const auto deadline = Clock::now() + std::chrono::duration<double>(settings_.patience_s);
  std::string problem;
  while (true) {
    try {
      return greet(resolve_host(settings_.host, settings_.port).front());
    } catch (const ConnectionLost& lost) {
      problem = lost.what();
    }
    stream_.reset();
    if (Clock::now() > deadline) {
      fail("no learner at {}:{} for {:g} s: {}", settings_.host, settings_.port,
           settings_.patience_s, problem);
    }
    std::this_thread::sleep_for(kTryAgainAfter);
  }
}

ActorWelcome LearnerLink::greet(const TcpAddress& address) {
  stream_.emplace(address);
  decoder_ = ActorMessageDecoder(limits_of_learners());
  problem_.clear();
  send(ActorMessageKind::kHello, to_text(settings_.hello));
  const auto deadline = Clock::now() + kAnswerTime;
  while (Clock::now() < deadline) {
    for (const ActorMessage& message : receive(kLookEveryMs)) {
      if (message.kind == ActorMessageKind::kWelcome) return parse_welcome(message.payload);
      fail("the learner does not begin with a welcome");
    }
  }
  throw ConnectionLost("it does not answer");
}

std::vector<ActorMessage> LearnerLink::receive(std::int64_t timeout_ms) {
  if (!problem_.empty()) throw ConnectionLost(problem_);
  FS_CHECK(stream_, "no connection yet");
  std::vector<pollfd> wanted{stream_->wanted()};
  wait_for_events(wanted, timeout_ms);
  const short events = wanted.front().revents;
  if ((events & (POLLOUT | POLLERR | POLLHUP)) != 0) stream_->on_writable();
  std::vector<ActorMessage> messages;
  while (!stream_->is_connecting()) {
    const std::string bytes = stream_->receive();
    if (bytes.empty()) break;
    decoder_.append(bytes);
  }
  while (auto message = decoder_.next()) {
    if (message->kind == ActorMessageKind::kRefusal) {
      fail("the learner refuses this actor: {}", message->payload);
    }
    messages.push_back(std::move(*message));
  }
  if (messages.empty() && stream_->is_at_end()) {
    throw ConnectionLost("the learner closed the connection");
  }
  return messages;
}

void LearnerLink::send(ActorMessageKind kind, std::string_view payload) {
  if (!problem_.empty()) return;
  try {
    stream_->send(encode_actor_message(kind, payload));
  } catch (const ConnectionLost& lost) {
    problem_ = fmt::format("the connection broke: {}", lost.what());
  }
}

}  // namespace foresight

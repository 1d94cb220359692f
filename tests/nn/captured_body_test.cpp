#include "nn/captured_body.h"

#include <gtest/gtest.h>

#include <string>

#include "nn/tensors.h"

namespace foresight {
namespace {

struct Numbers {
  Tensor x, shift;  // shift may be undefined

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    visit(x);
    visit(shift);
  }
};

struct Answer {
  Tensor y;
};

// Remembers the work as a graph would: the addresses of that time, read anew at each replay.
class RememberingRecorder : public GraphRecorder {
 public:
  RememberingRecorder(std::string& log, bool can_record) : log_(log), can_record_(can_record) {}
  void warm_up(const std::function<void()>& work) override {
    log_ += 'w';
    work();
  }
  void record(const std::function<void()>& work) override {
    log_ += 'r';
    work();  // a graph would not compute anything yet
    if (!can_record_) TORCH_CHECK(false, "this cannot be recorded");
  }
  void replay() override { log_ += 'p'; }

 private:
  std::string& log_;
  bool can_record_;
};

struct Harness {
  explicit Harness(bool can_record = true)
      : body(torch::kCPU, [this, can_record](const torch::Device&) {
          log += '|';
          return std::make_unique<RememberingRecorder>(log, can_record);
        }) {}

  const Answer& run(const Tensor& x, const Tensor& shift = {}) {
    return body.run({x, shift}, [this](const Numbers& in) {
      addresses.push_back(in.x.data_ptr());
      return Answer{in.shift.defined() ? 2 * in.x + in.shift : 2 * in.x};
    });
  }

  std::string log;
  std::vector<const void*> addresses;
  CapturedBody<Numbers, Answer> body;
};

TEST(CapturedBody, RunsTheBodyOnTheCpuOnPlacesThatStay) {
  CapturedBody<Numbers, Answer> captured(torch::kCPU);
  std::vector<const void*> addresses;
  for (int i = 0; i < 5; ++i) {
    const Answer& answer = captured.run({torch::full({3}, i), {}}, [&](const Numbers& in) {
      addresses.push_back(in.x.data_ptr());
      return Answer{in.x + 1};
    });
    EXPECT_TRUE(has_same_bits(answer.y, torch::full({3}, i + 1)));
  }
  ASSERT_EQ(addresses.size(), 5u);
  for (const void* address : addresses) EXPECT_EQ(address, addresses.front());
  EXPECT_FALSE(captured.is_replayed());
}

TEST(CapturedBody, WarmsUpTwiceThenRecordsOnceAndReplays) {
  Harness harness;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(harness.body.is_replayed(), i > 2);
    harness.run(torch::ones({3}));
  }
  EXPECT_EQ(harness.log, "|wwrppp");
  EXPECT_EQ(harness.addresses.size(), 3u);
}

TEST(CapturedBody, RecordsAnewForOtherShapesTypesAndTensorsThatComeOrGo) {
  Harness harness;
  harness.run(torch::ones({3}));
  harness.run(torch::ones({4}));
  harness.run(torch::ones({4}), torch::ones({4}));
  harness.run(torch::ones({4}));
  harness.run(torch::ones({4}, torch::kDouble));
  EXPECT_EQ(harness.log, "|w|w|w|w|w");
}

TEST(CapturedBody, GoesOnStepByStepWhereTheWorkCannotBeRecorded) {
  Harness harness(/*can_record=*/false);
  for (int i = 0; i < 5; ++i) {
    const Answer& answer = harness.run(torch::full({3}, i), torch::ones({3}));
    EXPECT_TRUE(has_same_bits(answer.y, torch::full({3}, 2.0 * i + 1)));
  }
  EXPECT_EQ(harness.log, "|wwr");
  EXPECT_FALSE(harness.body.is_replayed());
}

TEST(CapturedBody, LeavesTheCallersTensorsAlone) {
  Harness harness;
  const Tensor x = torch::ones({3});
  harness.run(x);
  harness.run(torch::zeros({3}));
  EXPECT_TRUE(has_same_bits(x, torch::ones({3})));
  EXPECT_NE(harness.addresses.front(), x.data_ptr());
}

}  // namespace
}  // namespace foresight

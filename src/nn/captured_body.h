// A function of tensors whose work is recorded as a CUDA graph at its third call and replayed from
// then on (graph_recorder.h). Its inputs are copied to places that stay, its results lie where the
// graph writes them. On the CPU the same function runs on the same places.
#pragma once

#include <c10/util/Exception.h>
#include "nn/torch.h"

#include <functional>
#include <memory>
#include <vector>

#include "base/tensor.h"
#include "nn/graph_recorder.h"

namespace foresight {

// Inputs and Result are structs of tensors; Inputs names its own to a visitor:
//   template <typename Visit> void for_each_tensor(Visit&& visit) { visit(a); visit(b); }
template <typename Inputs, typename Result>
class CapturedBody {
 public:
  using Body = std::function<Result(const Inputs&)>;
  using MakeRecorder = std::function<std::unique_ptr<GraphRecorder>(const torch::Device&)>;

  explicit CapturedBody(const torch::Device& device,
                        MakeRecorder make_recorder = make_graph_recorder)
      : device_(device), make_recorder_(std::move(make_recorder)) {}

  // The body's answer to these inputs; valid, but for its numbers, until the next call. The body
  // must be the same one every time. Other shapes than last time are recorded anew.
  const Result& run(Inputs inputs, const Body& body) {
    place(std::move(inputs));
    if (recorder_ == nullptr) {
      result_ = body(places_);
    } else if (num_calls_ < kWarmUpCalls) {
      recorder_->warm_up([&] { result_ = body(places_); });
    } else if (num_calls_ > kWarmUpCalls || record(body)) {
      recorder_->replay();
    } else {
      result_ = body(places_);
    }
    ++num_calls_;
    return result_;
  }

  // Whether the last call was one launch of a graph.
  bool is_replayed() const { return recorder_ != nullptr && num_calls_ > kWarmUpCalls; }

 private:
  static constexpr int kWarmUpCalls = 2;

  static std::vector<Tensor*> tensors_of(Inputs& inputs) {
    std::vector<Tensor*> tensors;
    inputs.for_each_tensor([&](Tensor& tensor) { tensors.push_back(&tensor); });
    return tensors;
  }

  static bool has_place(const Tensor& tensor, const Tensor& place) {
    if (!tensor.defined() || !place.defined()) return tensor.defined() == place.defined();
    return tensor.sizes() == place.sizes() && tensor.scalar_type() == place.scalar_type();
  }

  // Copies the inputs' numbers to their places; makes new places where they do not fit.
  void place(Inputs inputs) {
    const torch::NoGradGuard no_grad;
    const std::vector<Tensor*> tensors = tensors_of(inputs);
    std::vector<Tensor*> places = tensors_of(places_);
    bool fits = num_calls_ > 0 && tensors.size() == places.size();
    for (std::size_t i = 0; fits && i < tensors.size(); ++i) {
      fits = has_place(*tensors[i], *places[i]);
    }
    if (fits) {
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i]->defined()) places[i]->copy_(*tensors[i], /*non_blocking=*/true);
      }
      return;
    }
    for (Tensor* tensor : tensors) {
      if (!tensor->defined()) continue;
      const Tensor source = *tensor;
      *tensor = torch::empty(source.sizes(), source.options().device(device_));
      tensor->copy_(source);
    }
    places_ = std::move(inputs);
    result_ = Result{};
    recorder_ = make_recorder_(device_);
    num_calls_ = 0;
  }

  // False: it cannot be recorded, and runs as it is from now on.
  bool record(const Body& body) {
    try {
      recorder_->record([&] { result_ = body(places_); });
      return true;
    } catch (const c10::Error& problem) {
      TORCH_WARN("foresight: not recorded as a CUDA graph, so it runs step by step: ",
                 problem.what_without_backtrace());
      recorder_ = nullptr;
      return false;
    }
  }

  torch::Device device_;
  MakeRecorder make_recorder_;
  Inputs places_;
  Result result_;
  std::unique_ptr<GraphRecorder> recorder_;
  int num_calls_ = 0;  // with these places
};

}  // namespace foresight

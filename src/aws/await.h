// Waiting for what is given to a callback.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace laminar::aws {

// What `start` gives to the callback that it gets, on whatever thread.
template <class T, class Start>
T Await(Start start) {
  const auto promise = std::make_shared<std::promise<T>>();  // shared: set_value may still run when get has returned
  start([promise](T value) { promise->set_value(std::move(value)); });
  return promise->get_future().get();
}

// The same, or nullopt when it does not come in time. What comes later is dropped.
template <class T, class Start>
std::optional<T> AwaitFor(int64_t micros, Start start) {
  const auto promise = std::make_shared<std::promise<T>>();  // shared: it may be kept after this has returned
  start([promise](T value) { promise->set_value(std::move(value)); });
  std::future<T> future = promise->get_future();
  if (future.wait_for(std::chrono::microseconds(std::max<int64_t>(0, micros))) != std::future_status::ready)
    return std::nullopt;
  return future.get();
}

}  // namespace laminar::aws

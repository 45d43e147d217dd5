// Waiting for what is given to a callback.
#pragma once

#include <future>
#include <memory>
#include <utility>

namespace laminar::aws {

// What `start` gives to the callback that it gets, on whatever thread.
template <class T, class Start>
T Await(Start start) {
  const auto promise = std::make_shared<std::promise<T>>();  // shared: set_value may still run when get has returned
  start([promise](T value) { promise->set_value(std::move(value)); });
  return promise->get_future().get();
}

}  // namespace laminar::aws

// ConnectionProbe: whether a stream can be read or written, found out by asking the service what a source or a sink
// asks it. It is gentle: a few requests, for a few records, of a few shards, as the limits of a shard are shared with
// pipelines that run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/connection_check.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

class ConnectionProbe {
 public:
  // All borrowed.
  ConnectionProbe(KinesisApiFactory* factory, ConnectionTest* test) : factory_(factory), test_(*test) {}

  // begin: where the source begins is where its sample is taken from, of LATEST from what came in the last minutes.
  void TestSource(const StreamOptions& stream, IteratorRequest begin);
  void TestSink(const StreamOptions& stream);
  // Region, endpoint and credentials alone.
  void TestService(const StreamOptions& service);

 private:
  // The answer to one call, which is made again while it is throttled and there is time. nullopt: none in time, which
  // is told.
  template <class T>
  std::optional<Outcome<T>> Ask(const std::string& operation, const std::function<void(Callback<T>)>& start);
  // What the first answer says of the way there. False: nothing else can be tried.
  bool TellWay(const StreamOptions& options, const std::optional<ApiError>& error, int64_t service_micros);
  // False: the stream cannot be used.
  bool Describe(const StreamOptions& stream);
  void TellPermission(const std::string& operation, const std::optional<ApiError>& error);
  void TellClock(int64_t service_micros);
  void TryShards(const IteratorRequest& begin);
  std::vector<Shard> ListShards();
  // Adds records of a shard; reads on while there are none, for a few requests. first: the permissions are told.
  // False: it may not be read, which has been told if it is the first.
  bool Sample(const Shard& shard, const IteratorRequest& begin, bool first);
  void TryPut();

  KinesisApiFactory* const factory_;
  ConnectionTest& test_;
  std::unique_ptr<KinesisApi> api_;
  std::optional<StreamSummary> summary_;  // nullopt: it may not be asked for
  size_t records_ = 0, bytes_ = 0;        // sampled
};

}  // namespace laminar::kinesis

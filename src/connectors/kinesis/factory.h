// The production KinesisApiFactory.
#pragma once

#include <cstdint>
#include <memory>

#include "aws/environment.h"
#include "base/clock.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

// clock: borrowed, outlives the factory and everything it opened. Objects opened by the factory may outlive it.
// seed: for the names of assumed roles' sessions.
std::unique_ptr<KinesisApiFactory> MakeHttpKinesisApiFactory(const Clock* clock, uint64_t seed,
                                                             aws::Environment environment = aws::ProcessEnvironment());

}  // namespace laminar::kinesis

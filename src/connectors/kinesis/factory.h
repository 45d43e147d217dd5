// The production KinesisApiFactory.
#pragma once

#include <memory>

#include "aws/session.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

// Objects opened by the factory may outlive it, but not the session's clock.
std::unique_ptr<KinesisApiFactory> MakeHttpKinesisApiFactory(std::shared_ptr<aws::Session> session);

}  // namespace laminar::kinesis

// Hands pushed samples to the store and tells the push's answer what became of each. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest/push_answer.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

/// Samples that the store does not take because of their times are refused by name: `item_of` gives
/// that of a sample by its index in the batch, `count_of` how many items the refused ones are (as
/// many as samples when it is not given); both are called before this returns.
void AppendSamples(TelemetrySink& sink, SampleBatch batch,
                   const std::shared_ptr<PushAnswer>& answer,
                   const std::function<std::string(size_t)>& item_of,
                   const std::function<size_t(const std::vector<RefusedSample>&)>& count_of = {});

}  // namespace kizashi

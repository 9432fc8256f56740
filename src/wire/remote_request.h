// Writes Prometheus' remote write 1.0: prometheus.WriteRequest in protobuf, for the snappy block
// around it (net/content_coding.h). What RemoteWriteReader reads.
//
// A value of one thread. Source: "Prometheus Remote-Write 1.0 specification"; prompb/types.proto.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wire/remote_write.h"
#include "wire/telemetry.h"

namespace kizashi {

/// The labels of a series in the form in which AddRemoteSeries takes them.
std::string EncodeRemoteLabels(const Labels& labels);

/// Appends a series to the bytes of a request. Samples are ascending in time, as receivers want.
void AddRemoteSeries(std::string_view labels, std::span<const RemoteSample> samples,
                     std::string* request);

}  // namespace kizashi

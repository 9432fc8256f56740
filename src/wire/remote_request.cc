#include "wire/remote_request.h"

#include <protozero/pbf_writer.hpp>

namespace kizashi {

std::string EncodeRemoteLabels(const Labels& labels) {
  std::string bytes;
  protozero::pbf_writer series(bytes);
  for (const Label& label : labels) {
    protozero::pbf_writer pair(series, 1);
    pair.add_string(1, label.name);
    pair.add_string(2, label.value);
  }
  return bytes;
}

void AddRemoteSeries(std::string_view labels, std::span<const RemoteSample> samples,
                     std::string* request) {
  std::string bytes(labels);
  protozero::pbf_writer series(bytes);
  for (const RemoteSample& sample : samples) {
    protozero::pbf_writer one(series, 2);
    one.add_double(1, sample.value);
    one.add_int64(2, ToMs(sample.time));
  }
  protozero::pbf_writer(*request).add_message(1, bytes);
}

}  // namespace kizashi

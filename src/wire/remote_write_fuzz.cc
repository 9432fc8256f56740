// Any bytes: as a WriteRequest, and as the labels of a series; series or an error within bounds.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/remote_write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  RemoteWriteReader reader(bytes);
  RemoteSeries series;
  size_t read = 0;
  while (reader.Next(&series)) {
    KZ_CHECK(++read <= size && series.samples.size() + series.exemplars.size() <= size);
    const auto labels = ParseRemoteLabels(series.labels);
    KZ_CHECK(!labels.ok() || labels->Has(kMetricName));
    for (const RemoteExemplar& exemplar : series.exemplars) {
      const auto own = ParseExemplarLabels(exemplar.labels);
      KZ_CHECK(!own.ok() || own->size() <= 128);
    }
  }
  KZ_CHECK(reader.metadata().size() <= size);
  return 0;
}

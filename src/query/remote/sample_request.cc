#include "query/remote/sample_request.h"

#include <algorithm>

#include "net/content_coding.h"
#include "wire/remote_request.h"

namespace kizashi {

const std::string& RemoteLabels::Of(SeriesId id) {
  const auto known = encoded_.find(id);
  if (known != encoded_.end()) return known->second;
  if (bytes_ > kLabelBytesMax) {
    encoded_.clear();
    bytes_ = 0;
  }
  const std::string& made = encoded_.emplace(id, Make(id)).first->second;
  bytes_ += made.size() + sizeof(std::pair<SeriesId, std::string>);
  return made;
}

std::string RemoteLabels::Make(SeriesId id) const {
  Labels labels = series_.SeriesLabels(id);
  for (const Label& label : external_) {
    if (!labels.Has(label.name)) labels.Set(label.name, label.value);
  }
  if (!relabel_.Apply(&labels) || labels.empty()) return "";
  return EncodeRemoteLabels(labels);
}

std::vector<size_t> SampleRequest::Divide(size_t parts) {
  const auto part_of = [parts](const SampleBatch::Sample& sample) { return sample.series % parts; };
  std::stable_sort(samples_.begin(), samples_.end(),
                   [&](const auto& a, const auto& b) { return part_of(a) < part_of(b); });
  std::vector<size_t> ends;
  for (size_t part = 0; part < parts; ++part) {
    const auto end =
        std::partition_point(samples_.begin(), samples_.end(),
                             [&](const auto& sample) { return part_of(sample) <= part; });
    ends.push_back(static_cast<size_t>(end - samples_.begin()));
  }
  return ends;
}

std::string SampleRequest::Body(size_t begin, size_t end, RemoteLabels* labels) const {
  std::vector<SampleBatch::Sample> sorted(samples_.begin() + static_cast<ptrdiff_t>(begin),
                                          samples_.begin() + static_cast<ptrdiff_t>(end));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.series < b.series; });
  std::string request;
  std::vector<RemoteSample> of_series;
  for (size_t i = 0; i < sorted.size(); ++i) {
    of_series.push_back({sorted[i].time, sorted[i].value});
    if (i + 1 < sorted.size() && sorted[i + 1].series == sorted[i].series) continue;
    AddRemoteSeries(labels->Of(sorted[i].series), of_series, &request);
    of_series.clear();
  }
  return Snappy(request);
}

}  // namespace kizashi

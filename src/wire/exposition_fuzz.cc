// Any bytes: the reader ends, its views lie inside the text, and the short cut by the expected text
// gives what reading everything gives.
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "wire/exposition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<ExpositionSample> samples;
  const Status status =
      ParseExposition(text, [&](const ExpositionSample& sample) { samples.push_back(sample); });
  for (const ExpositionSample& sample : samples) {
    KZ_CHECK(sample.series.data() >= text.data());
    KZ_CHECK(sample.series.data() + sample.series.size() <= text.data() + text.size());
    (void)ParseSeriesText(sample.series);
    (void)ParseExemplarText(sample.exemplar);
  }
  VisitExpositionComments(text, [&](const ExpositionComment& comment) {
    KZ_CHECK(!comment.family.empty() && comment.text.size() <= text.size());
  });
  size_t open = 0;
  const Status strict = ParseExposition(
      text, [&](const ExpositionSample&) { ++open; }, ExpositionFormat::kOpenMetrics);
  KZ_CHECK(open <= samples.size() || !status.ok());
  KZ_CHECK(!strict.ok() || open == samples.size());
  ExpositionReader again(text);
  ExpositionSample sample;
  size_t at = 0;
  // The text before is the worst guess, the text itself the best: take them in turn.
  for (; at <= samples.size(); ++at) {
    const std::string_view guess = samples.empty()
                                       ? std::string_view("a")
                                       : samples[at % 2 == 0 ? at / 2 : at % samples.size()].series;
    if (!again.Next(&sample, guess)) break;
    KZ_CHECK(at < samples.size());
    KZ_CHECK(sample.series == samples[at].series);
    KZ_CHECK(std::bit_cast<uint64_t>(sample.value) == std::bit_cast<uint64_t>(samples[at].value));
  }
  KZ_CHECK(at == samples.size() && again.status() == status);
  return 0;
}

// What a sample costs in the metrics store: bytes by kind of series, nanoseconds to encode and to
// decode, on the shared mix (lib/series_mix.h).
//
//   build/release/bench/series_bench [series] [samples of a column]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "lib/series_mix.h"
#include "store/series/value_codec.h"

namespace kizashi {
namespace {

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Run(size_t series, size_t samples) {
  std::vector<std::vector<double>> columns(series, std::vector<double>(samples));
  std::vector<size_t> kinds(series);
  for (size_t i = 0; i < series; ++i) {
    MixSeries one(i, 1);
    kinds[i] = static_cast<size_t>(one.kind());
    for (double& value : columns[i]) {
      value = one.value();
      one.Step();
    }
  }
  ValueEncoder encoder;
  std::array<double, kMixNames.size()> bytes{};
  std::array<double, kMixNames.size()> encode_s{};
  std::array<double, kMixNames.size()> decode_s{};
  std::array<double, kMixNames.size()> count{};
  std::vector<double> decoded(samples);
  std::string out;
  for (size_t turn = 0; turn < 2; ++turn) {  // the first one warms up
    bytes = encode_s = decode_s = count = {};
    for (size_t i = 0; i < series; ++i) {
      out.clear();
      const double begin = Seconds();
      encoder.Encode(columns[i], &out);
      const double middle = Seconds();
      KZ_CHECK(DecodeValues(out, samples, 0, samples, decoded.data()));
      decode_s[kinds[i]] += Seconds() - middle;
      encode_s[kinds[i]] += middle - begin;
      KZ_CHECK(std::memcmp(decoded.data(), columns[i].data(), samples * sizeof(double)) == 0);
      bytes[kinds[i]] += static_cast<double>(out.size());
      count[kinds[i]] += static_cast<double>(samples);
    }
  }
  double all = 0, all_bytes = 0, all_encode = 0, all_decode = 0;
  for (size_t k = 0; k < kMixNames.size(); ++k) {
    std::printf("%-9s %5.1f %%  %6.3f B/sample  encode %5.1f ns  decode %5.1f ns\n",
                std::string(kMixNames[k]).c_str(),
                100 * count[k] / static_cast<double>(series * samples), bytes[k] / count[k],
                1e9 * encode_s[k] / count[k], 1e9 * decode_s[k] / count[k]);
    all += count[k];
    all_bytes += bytes[k];
    all_encode += encode_s[k];
    all_decode += decode_s[k];
  }
  std::printf("all of %zu values  %6.3f B/sample  encode %5.1f ns  decode %5.1f ns\n", samples,
              all_bytes / all, 1e9 * all_encode / all, 1e9 * all_decode / all);
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const size_t series = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  if (argc > 2) {
    kizashi::Run(series, std::strtoul(argv[2], nullptr, 10));
    return 0;
  }
  for (const size_t samples : {size_t{16}, size_t{40}, size_t{120}, size_t{480}}) {
    kizashi::Run(series, samples);
  }
  return 0;
}

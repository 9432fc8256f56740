#include "act/notify/phone/speech.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>
#include <utility>

#include "act/format.h"
#include "act/notify/phone/run_program.h"
#include "base/bytes.h"

namespace kizashi::phone {
namespace {

constexpr uint32_t kSourceRateMax = 48'000;
constexpr size_t kWaveBytesMax = size_t{kSpeechSecondsMax} * kSourceRateMax * 2 + 1024;
constexpr size_t kKanaBytesMax = 64 << 10;

struct Wave {
  uint32_t rate = 0;
  std::string_view data;
};

uint16_t U16(ByteReader* in) {
  const uint16_t low = in->U8();
  return static_cast<uint16_t>(low | (in->U8() << 8));
}

// The chunks "fmt " and "data" of a RIFF file; everything else is passed over.
StatusOr<Wave> FindSound(std::string_view bytes) {
  const Status wrong = InvalidArgument("no RIFF WAVE file of 16 bit, mono, 8 to 48 kHz");
  if (bytes.size() < 12 || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE") return wrong;
  bytes.remove_prefix(12);
  Wave wave;
  while (bytes.size() >= 8) {
    const std::string_view name = bytes.substr(0, 4);
    const uint32_t told = ByteReader(bytes.substr(4, 4)).U32();
    bytes.remove_prefix(8);
    const std::string_view chunk = bytes.substr(0, told);
    if (name == "data") {
      wave.data = chunk;
      break;
    }
    if (name == "fmt ") {
      ByteReader in(chunk);
      const bool is_pcm = U16(&in) == 1 && U16(&in) == 1;
      wave.rate = in.U32();
      in.U32();  // bytes a second
      in.U8(), in.U8();
      if (!is_pcm || U16(&in) != 16 || !in.ok()) return wrong;
    }
    bytes.remove_prefix(std::min<size_t>(bytes.size(), size_t{told} + told % 2));
  }
  if (wave.rate < kSampleRate || wave.rate > kSourceRateMax || wave.data.data() == nullptr) {
    return wrong;
  }
  return wave;
}

// A Hann-windowed sinc whose cut-off is a little below half the telephone's rate, for each of the
// `phases` places between two samples of the source that a sample of the telephone can have.
struct Filter {
  Filter(double rate, int64_t phases_in) : phases(phases_in) {
    constexpr double kCutoffHz = 3600;
    constexpr int kZeroCrossings = 12;
    const double half = kZeroCrossings * rate / (2 * kCutoffHz);
    const double band = 2 * kCutoffHz / rate;
    reach = static_cast<int64_t>(half);
    for (int64_t phase = 0; phase < phases; ++phase) {
      for (int64_t k = -reach; k <= reach; ++k) {
        const double x =
            static_cast<double>(k) - static_cast<double>(phase) / static_cast<double>(phases);
        const double angle = std::numbers::pi * band * x;
        const double sinc = angle == 0 ? 1 : std::sin(angle) / angle;
        const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * std::min(1.0, x / half));
        taps.push_back(static_cast<float>(band * sinc * window));
      }
    }
  }
  int64_t phases;
  int64_t reach = 0;
  std::vector<float> taps;  // 2 * reach + 1 a phase
};

// Band-limited interpolation (J. O. Smith, "Digital Audio Resampling").
Samples Resample(const Wave& wave) {
  const int64_t shared = std::gcd(int64_t{wave.rate}, int64_t{kSampleRate});
  const int64_t step = wave.rate / shared;  // of 1 / phases of a sample
  const Filter filter(wave.rate, kSampleRate / shared);
  const auto size = static_cast<int64_t>(wave.data.size() / 2);
  std::vector<int16_t> source(static_cast<size_t>(size));
  std::memcpy(source.data(), wave.data.data(), source.size() * 2);
  const int64_t wanted =
      std::min(size * filter.phases / step, int64_t{kSpeechSecondsMax} * kSampleRate);
  Samples out(static_cast<size_t>(wanted));
  for (int64_t n = 0; n < wanted; ++n) {
    const int64_t center = n * step / filter.phases;
    const float* const taps =
        filter.taps.data() + (n * step % filter.phases) * (2 * filter.reach + 1);
    const int64_t first = std::max<int64_t>(0, center - filter.reach);
    const int64_t last = std::min(size - 1, center + filter.reach);
    float sum = 0;
    for (int64_t i = first; i <= last; ++i) {
      sum += source[static_cast<size_t>(i)] * taps[i - center + filter.reach];
    }
    out[static_cast<size_t>(n)] = static_cast<int16_t>(std::clamp(sum, -32768.0F, 32767.0F));
  }
  return out;
}

bool IsLatin(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// The words of a service's name are said apart: "shop-api_v2" as "shop api v2".
bool JoinsWords(std::string_view text, size_t i) {
  return (text[i] == '-' || text[i] == '_' || text[i] == '/') && i > 0 && i + 1 < text.size() &&
         std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0 &&
         std::isalnum(static_cast<unsigned char>(text[i + 1])) != 0;
}

class EspeakSpeaker final : public Speaker {
 public:
  explicit EspeakSpeaker(Duration timeout) : timeout_(timeout) {}

  StatusOr<Samples> Say(std::string_view text, Language language) const override {
    std::string said(text);
    if (language == Language::kJapanese) said = InKana(said);
    const std::string voice = language == Language::kJapanese ? "ja" : "en-us";
    KZ_ASSIGN_OR_RETURN(
        const std::string wave,
        RunProgram({"espeak-ng", "-v", voice, "-s", "150", "-b", "1", "-m", "--stdin", "--stdout"},
                   SpeechMarkup(said, language), kWaveBytesMax, timeout_));
    return ReadWave(wave);
  }

 private:
  // espeak-ng reads kana alone. Without kakasi, Chinese characters are spelt: poor, not nothing.
  std::string InKana(const std::string& text) const {
    auto kana =
        RunProgram({"kakasi", "-i", "utf8", "-o", "utf8", "-JH"}, text, kKanaBytesMax, timeout_);
    return kana.ok() && !kana->empty() ? *std::move(kana) : text;
  }

  const Duration timeout_;
};

}  // namespace

std::string SpeechMarkup(std::string_view text, Language language) {
  std::string plain = OneLine(text);
  for (size_t i = 0; i < plain.size(); ++i) {
    if (JoinsWords(plain, i)) plain[i] = ' ';
  }
  if (language != Language::kJapanese) return "<speak>" + EscapeXml(plain) + "</speak>";
  std::string out = "<speak>";
  std::string_view rest = plain;
  while (!rest.empty()) {
    const auto is_word = IsLatin(rest[0]);
    size_t end = 1;
    const auto belongs = [&](char c) {
      return is_word ? IsLatin(c) || c == ' ' || c == '\'' : !IsLatin(c);
    };
    while (end < rest.size() && belongs(rest[end])) ++end;
    const std::string run = EscapeXml(rest.substr(0, end));
    out += is_word ? "<voice xml:lang=\"en-us\">" + run + "</voice>" : run;
    rest.remove_prefix(end);
  }
  return out + "</speak>";
}

StatusOr<Samples> ReadWave(std::string_view bytes) {
  KZ_ASSIGN_OR_RETURN(const Wave wave, FindSound(bytes));
  return Resample(wave);
}

Samples Beeps() {
  constexpr int kToneSamples = kSampleRate / 4;
  Samples out;
  for (int beep = 0; beep < 3; ++beep) {
    for (int i = 0; i < kToneSamples; ++i) {
      const double angle = 2 * std::numbers::pi * 880 * i / kSampleRate;
      out.push_back(static_cast<int16_t>(8000 * std::sin(angle)));
    }
    out.insert(out.end(), kToneSamples, 0);
  }
  return out;
}

std::unique_ptr<Speaker> MakeSpeaker(Duration timeout) {
  return std::make_unique<EspeakSpeaker>(timeout);
}

}  // namespace kizashi::phone

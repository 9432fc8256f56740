#include "act/notify/phone/speech.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "act/notify/phone/run_program.h"
#include "base/bytes.h"

namespace kizashi::phone {
namespace {

std::string Wave(uint32_t rate, const std::vector<int16_t>& samples, uint32_t told_size) {
  ByteWriter out;
  out.Raw("RIFF\xff\xff\xff\x7fWAVEfmt ", 16);
  out.U32(16);
  out.U8(1), out.U8(0), out.U8(1), out.U8(0);
  out.U32(rate);
  out.U32(rate * 2);
  out.U8(2), out.U8(0), out.U8(16), out.U8(0);
  out.Raw("data", 4);
  out.U32(told_size);
  out.Raw(samples.data(), samples.size() * 2);
  return out.Take();
}

std::vector<int16_t> Tone(uint32_t rate, double hz) {
  std::vector<int16_t> samples(rate);
  for (size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<int16_t>(
        10000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
  }
  return samples;
}

double Loudness(const Samples& samples) {
  double sum = 0;
  for (size_t i = 200; i + 200 < samples.size(); ++i) sum += double{1} * samples[i] * samples[i];
  return std::sqrt(sum / static_cast<double>(samples.size() - 400));
}

TEST(SpeechTest, ResamplesWhatTheTelephoneCanCarryAndNothingElse) {
  for (const uint32_t rate : {8000U, 11025U, 16000U, 22050U, 44100U, 48000U}) {
    const auto low = ReadWave(Wave(rate, Tone(rate, 1000), rate * 2));
    ASSERT_TRUE(low.ok()) << low.status();
    EXPECT_NEAR(static_cast<double>(low->size()), 8000, 1) << rate;
    EXPECT_NEAR(Loudness(*low), 10000 / std::numbers::sqrt2, 200) << rate;
    if (rate < 16000) continue;
    const auto high = ReadWave(Wave(rate, Tone(rate, 5000), rate * 2));
    ASSERT_TRUE(high.ok());
    EXPECT_LT(Loudness(*high), 100) << rate << ": it would be heard as another tone";
  }
}

TEST(SpeechTest, KeepsTheToneWhereItWas) {
  const auto samples = ReadWave(Wave(22050, Tone(22050, 1000), 0x7ffff000));
  ASSERT_TRUE(samples.ok());
  for (size_t i = 100; i < 7000; i += 37) {
    EXPECT_NEAR((*samples)[i],
                10000 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / 8000), 150)
        << i;
  }
}

TEST(SpeechTest, RefusesWhatIsNoWave) {
  const std::string whole = Wave(22050, Tone(22050, 1000), 44100);
  EXPECT_FALSE(ReadWave("").ok());
  EXPECT_FALSE(ReadWave("RIFF").ok());
  EXPECT_FALSE(ReadWave(whole.substr(0, 40)).ok());
  EXPECT_TRUE(ReadWave(whole.substr(0, 44)).ok()) << "no sound, but a wave";
  EXPECT_TRUE(ReadWave(whole.substr(0, 45)).ok()) << "half a sample";
  std::string stereo = whole;
  stereo[22] = 2;
  EXPECT_FALSE(ReadWave(stereo).ok());
  EXPECT_FALSE(ReadWave(Wave(0, {}, 0)).ok());
  EXPECT_FALSE(ReadWave(Wave(4'000'000'000, {}, 0)).ok());
}

TEST(SpeechTest, MarkupEscapesAndTellsLanguagesApart) {
  EXPECT_EQ(SpeechMarkup("a <b> & shop-api_v2\nx", Language::kEnglish),
            "<speak>a &lt;b&gt; &amp; shop api v2 x</speak>");
  EXPECT_EQ(SpeechMarkup("きざし checkout api です4", Language::kJapanese),
            "<speak>きざし <voice xml:lang=\"en-us\">checkout api </voice>です4</speak>");
}

TEST(SpeechTest, SpeaksBothLanguages) {
  if (!RunProgram({"espeak-ng", "--version"}, "", 1000, Duration(5000)).ok()) {
    GTEST_SKIP() << "espeak-ng is not installed";
  }
  const auto speaker = MakeSpeaker();
  for (const auto& [text, language] : {std::pair("Shop is failing.", Language::kEnglish),
                                       std::pair("決済が止まりました", Language::kJapanese)}) {
    const auto said = speaker->Say(text, language);
    ASSERT_TRUE(said.ok()) << said.status();
    EXPECT_GT(said->size(), size_t{kSampleRate} / 2) << text;
    EXPECT_LT(said->size(), size_t{kSampleRate} * 6) << text;
    EXPECT_GT(Loudness(*said), 200) << text;
  }
}

TEST(RunProgramTest, InputOutputAndLimits) {
  EXPECT_EQ(*RunProgram({"cat"}, "hello", 100, Duration(5000)), "hello");
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(*RunProgram({"cat"}, large, large.size(), Duration(5000)), large);
  EXPECT_EQ(RunProgram({"cat"}, large, large.size() - 1, Duration(5000)).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RunProgram({"no-such-program"}, "", 1, Duration(5000)).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(RunProgram({"false"}, "", 1, Duration(5000)).status().code(),
            absl::StatusCode::kUnavailable);
  const Stopwatch watch;
  EXPECT_EQ(RunProgram({"sleep", "60"}, "", 1, Duration(50)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_LT(watch.Elapsed(), Duration(5000));
  setenv("KIZASHI_TEST_SECRET", "x", 1);
  EXPECT_EQ(RunProgram({"env"}, "", 10000, Duration(5000))->find("KIZASHI_TEST"),
            std::string::npos);
}

}  // namespace
}  // namespace kizashi::phone

// Text to speech, by Debian's espeak-ng and, for Japanese, kakasi, each run as a program of its
// own.
//
// Programs and not libraries: what is said comes from labels of alerts, and a speech engine that
// trips over it ends alone. Any thread; blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "act/texts.h"
#include "base/clock.h"
#include "base/status.h"

namespace kizashi::phone {

/// Samples a second on the telephone.
constexpr int kSampleRate = 8000;
using Samples = std::vector<int16_t>;

class Speaker {
 public:
  virtual ~Speaker() = default;
  /// `text` is UTF-8. At most kSpeechSecondsMax; what is longer is cut off.
  virtual StatusOr<Samples> Say(std::string_view text, Language language) const = 0;
};

constexpr int kSpeechSecondsMax = 120;

std::unique_ptr<Speaker> MakeSpeaker(Duration timeout = Duration(5000));

/// What espeak-ng is told: the text in SSML, with words in Latin letters of a Japanese text marked
/// as English. Words that '-', '_' or '/' joins are said apart.
std::string SpeechMarkup(std::string_view text, Language language);

/// A RIFF WAVE file (16 bit, mono, 8,000 to 48,000 samples a second) as samples of the telephone.
/// InvalidArgument for any other bytes. Lengths that a pipe's writer could not know are taken as
/// "to the end".
StatusOr<Samples> ReadWave(std::string_view bytes);

/// Three short tones: what is played when there is no speech, so that a key can be pressed.
Samples Beeps();

}  // namespace kizashi::phone

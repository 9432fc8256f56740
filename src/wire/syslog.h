// Reads syslog messages: RFC 5424, and RFC 3164 the way programs really send it.
//
// Reading is total: any bytes give a record. What follows neither form is the text as it came, with
// the severity when it begins with a priority. Of RFC 3164 are taken
//   the time:  "Jan  2 03:04:05" (the year nearest to reception, the zone as told), the same with a
//              year or a fraction of a second, or RFC 3339 in its place
//   the host:  the next word, unless it is a tag already
//   the tag:   a word that ends with ':' or with a process id in brackets; else there is none, and
//              the text begins with the host's next word
// Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kSyslogTextBytesMax = 256 << 10;  // a longer text is cut
inline constexpr size_t kSyslogNameBytesMax = 256;        // of host, service, ids and names
inline constexpr size_t kSyslogParametersMax = 32;        // of structured data, all elements
inline constexpr size_t kSyslogParameterBytesMax = 1024;  // a longer value is cut

struct SyslogRecord {
  /// APP-NAME or the tag, and HOSTNAME; empty when the message has none. At most
  /// kSyslogNameBytesMax.
  std::string service;
  std::string host;
  /// text: MSG without a byte order mark and without line ends and NULs at its end; of RFC 3164,
  /// what follows the tag. severity: as OpenTelemetry maps syslog's (its log data model, appendix
  /// B). metadata: facility and severity by name, procid, msgid, structured data as "ID.NAME", and
  /// structured_data_dropped: how many parameters were too many.
  LogLine line;
};

/// Reads one message, without its framing. `utc_offset` is the zone that RFC 3164's time is in:
/// local time minus UTC.
SyslogRecord ParseSyslog(std::string_view message, Time received, Duration utc_offset);

/// Takes messages out of a byte stream (RFC 6587). The framing is told for each frame: digits, a
/// space and '<' are octet counting, all else ends with a line feed or a NUL. Of a frame beyond
/// kFrameBytesMax the first bytes are given and the others passed over. Blank frames are no frames.
/// One thread.
class SyslogFramer {
 public:
  /// The text's limit, and room for a header before it.
  static constexpr size_t kFrameBytesMax = kSyslogTextBytesMax + (16 << 10);
  /// A count with more digits is none.
  static constexpr size_t kCountDigitsMax = 9;

  /// What comes next. `bytes` are kept only as far as they are no whole frame.
  void Feed(std::string_view bytes) { held_.append(bytes); }
  /// The next whole frame; false when there is none yet. The view is good until the next call of
  /// Feed, Next or Rest.
  bool Next(std::string_view* frame);
  /// At the end of the stream: what is left of a frame; false when nothing is.
  bool Rest(std::string_view* frame);

  /// The frame that was given last was longer.
  bool cut() const { return skip_counted_ > 0 || skip_line_ || rest_cut_; }
  /// Bytes kept: at most one Feed's more than kFrameBytesMax.
  size_t size() const { return held_.size() - begin_; }
  /// In the middle of a frame.
  bool within() const { return size() > 0 || skip_counted_ > 0 || skip_line_; }

 private:
  enum class Framing { kUnknown, kCounted, kLine };
  Framing Detect(std::string_view rest, size_t* count, size_t* header) const;
  bool PassOver();
  bool NextCounted(size_t count, size_t header, std::string_view* frame);
  bool NextLine(std::string_view* frame);

  std::string held_;
  size_t begin_ = 0;         // what is before was given
  size_t searched_ = 0;      // no end of a line in so many bytes from begin_ on
  size_t skip_counted_ = 0;  // bytes of a frame that is too long
  bool rest_cut_ = false;    // the stream ended before a counted frame did
  bool skip_line_ = false;   // until the end of a line that is too long
};

}  // namespace kizashi

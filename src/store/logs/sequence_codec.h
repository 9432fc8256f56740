// Codes for sequences in which the next element is mostly one that was seen lately: the order of
// skeletons in a block, and the ids of traces, spans and requests in its lines.
//
// An element becomes one byte: its rank among the recent ones (move to front), or "new", or
// "explicit" with the number in a second run of bytes. Most bytes are small then, and zstd's
// entropy coder does the rest. Decoding is total. Values of one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace kizashi {

inline constexpr size_t kRecentMax = 253;
inline constexpr uint8_t kNewCode = 254;
inline constexpr uint8_t kExplicitCode = 255;

/// The last distinct numbers, newest first, at most kRecentMax.
class RecentList {
 public:
  static constexpr size_t kAbsent = SIZE_MAX;
  size_t RankOf(uint32_t number) const;
  size_t size() const { return numbers_.size(); }
  uint32_t At(size_t rank) const { return numbers_[rank]; }
  /// Moves the one at `rank` to the front.
  void Touch(size_t rank);
  /// Puts a number that is absent to the front; the oldest may fall out.
  void Push(uint32_t number);

 private:
  std::vector<uint32_t> numbers_;
};

/// The order of skeletons: ranks are among those that followed the same skeleton before. Skeletons
/// are numbered in order of first sight.
std::string EncodeOrder(const std::vector<uint32_t>& order, uint32_t skeletons);
StatusOr<std::vector<uint32_t>> DecodeOrder(std::string_view bytes, uint32_t lines,
                                            uint32_t skeletons);

/// What encoder and decoder of ids both know: for each track and stream the last id, for each form
/// the recent ones and how many there were.
class IdHistory {
 public:
  IdHistory(const std::vector<uint32_t>& form_by_track, size_t streams)
      : form_by_track_(form_by_track),
        streams_(streams),
        last_(form_by_track.size() * streams, UINT32_MAX),
        forms_(form_by_track.size()) {}

 protected:
  struct Form {
    RecentList recent;
    uint32_t next = 0;  // ids are numbered in order of first sight
  };
  std::vector<uint32_t> form_by_track_;  // each below the number of tracks
  size_t streams_;
  std::vector<uint32_t> last_;
  std::vector<Form> forms_;
};

class IdEncoder : public IdHistory {
 public:
  IdEncoder(const std::vector<uint32_t>& form_by_track, size_t streams)
      : IdHistory(form_by_track, streams), codes_(form_by_track.size()) {}
  /// `id` is at most the number of ids of the track's form so far.
  void Add(uint32_t track, uint32_t stream, uint32_t id);
  const std::string& codes(uint32_t track) const { return codes_[track]; }
  const std::string& numbers() const { return numbers_.bytes(); }

 private:
  std::vector<std::string> codes_;
  ByteWriter numbers_;
};

class IdDecoder : public IdHistory {
 public:
  /// `codes` has the codes of each track, `numbers` what was explicit; both must outlive this.
  IdDecoder(const std::vector<uint32_t>& form_by_track, size_t streams,
            std::vector<std::string_view> codes, std::string_view numbers)
      : IdHistory(form_by_track, streams), codes_(std::move(codes)), numbers_(numbers) {}
  /// False when the bytes end or name what does not exist.
  bool Next(uint32_t track, uint32_t stream, uint32_t* id);
  bool AtEnd() const;

 private:
  std::vector<std::string_view> codes_;
  ByteReader numbers_;
};

}  // namespace kizashi

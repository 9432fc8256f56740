// The patterns of a stream of lines, found as they come and counted.
//
// A line goes to the bucket of its skeleton (split.h) by one look-up. Update, called now and then
// (once a minute), merges the skeletons that came since into patterns (merge.h). The patterns are a
// function of the set of lines: the same in any order, after Save and Restore, and when sets of
// parts are put together. A pattern's id is a hash of its text.
//
// Memory is bounded and no line is left out of a count: of one shape (words and separators in the
// same places) the kSkeletonsPerShape skeletons with the smallest hashes are kept, which is a
// function of the set too. Other lines of that shape count for the pattern that they match, or for
// the shape's remainder, whose text has `<*>` for every word. Beyond kShapesMax shapes, or
// kBytesMax of skeletons, lines of new shapes count for the pattern kOtherText; what is kept stays.
//
// One thread. Time per line: about 100 ns and the split; of a skeleton not kept some microseconds.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "pattern/held_bytes.h"
#include "pattern/index_table.h"
#include "pattern/skeleton.h"
#include "pattern/split.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kSeverityCount = 7;  // of LogSeverity

uint64_t PatternIdOf(std::string_view text);

class PatternSet {
 public:
  static constexpr size_t kSkeletonsPerClass = 512;
  static constexpr size_t kShapesMax = 8192;
  static constexpr size_t kBytesMax = 16 << 20;  // of all skeletons' tokens
  static constexpr std::string_view kOtherText = "<*>";

  using BucketId = uint32_t;

  PatternSet();

  /// Counts one line. Returns its bucket, which is good until the next call.
  BucketId Add(std::string_view line, LogSeverity severity = LogSeverity::kNone);
  /// The same for a line that SplitLine took apart already, into `skeleton` and `slots`.
  BucketId Add(std::string_view line, uint64_t skeleton, const std::vector<Slot>& slots,
               LogSeverity severity = LogSeverity::kNone);
  /// The pattern that `line` has by the last Update, without counting it.
  uint32_t Lookup(std::string_view line);
  /// The slots of the line that was added or looked up last.
  const std::vector<Slot>& slots() const { return slots_; }

  /// A bucket that lines counted in since the last Drain, and under which pattern they count now.
  struct Count {
    BucketId bucket = 0;
    uint32_t pattern = 0;  // index, see pattern()
    LogSeverity severity = LogSeverity::kNone;
    uint64_t lines = 0;
  };
  /// Updates, then calls `visit` for what was counted since the last Drain; the sum of it is the
  /// number of lines added since. A pattern may come several times.
  using Renamed = std::function<void(uint64_t old_id, uint64_t new_id)>;
  void Drain(const std::function<void(const Count&)>& visit, const Renamed& renamed = {});

  /// Finds the patterns anew where skeletons came or values turned out to vary. `renamed` is told
  /// of each pattern that is now part of another one (ids before and after).
  void Update(const Renamed& renamed = {});

  struct Pattern {
    uint64_t id = 0;
    std::string text;
    uint32_t buckets = 0;  // how many count for it; 0: free
  };
  /// Indexes are good until the next Update; ids for ever.
  const Pattern& pattern(uint32_t index) const { return patterns_[index]; }
  /// Null when no line kept has this pattern by now.
  const Pattern* ById(uint64_t id) const;
  uint32_t PatternOf(BucketId bucket) const { return buckets_[bucket].pattern; }
  /// Whether the bucket has had its Update; before it counts for kOtherText.
  bool IsNamed(BucketId bucket) const { return bucket == other_ || buckets_[bucket].pattern != 0; }
  /// The skeleton's hash of the line that was added or looked up last.
  uint64_t skeleton() const { return skeleton_; }
  /// Every pattern that a kept skeleton has, and the remainders that lines went to. Update first.
  void ForEach(const std::function<void(uint32_t index)>& visit) const;
  /// Every kept skeleton's hash (what SplitLine returned, 1 instead of 0) with the index of its
  /// pattern. Update first.
  void ForEachSkeleton(const std::function<void(uint64_t skeleton, uint32_t pattern)>& visit) const;
  /// Whether further lines of this skeleton change no pattern: it is kept and nothing of it is
  /// written out for want of variation. False while a remainder counts it.
  bool IsSettled(uint64_t skeleton) const;

  /// Takes in another set, as if its lines had come here; counts not drained are added.
  void Merge(const PatternSet& other);

  size_t skeletons() const { return kept_; }
  uint64_t lines() const { return lines_; }
  /// Bytes held, roughly.
  size_t MemoryBytes() const;

  /// The kept skeletons and their patterns as they are now, not the counts. Restore needs an empty
  /// set; going on from it is as if it had never been saved.
  std::string Save() const;
  Status Restore(std::string_view state);

 private:
  // A value that was the same in every line so far, though it stands where values vary.
  struct Steady {
    uint32_t slot = 0;
    std::string text;
  };
  struct Bucket {
    uint64_t skeleton = 0;  // hash; 0 for a remainder
    uint32_t shape = 0;
    uint32_t pattern = 0;
    uint32_t steady = 0;  // index into steady_; 0: none
    BucketId next = 0;    // of the same template; 0: none
    bool touched = false;
    std::array<uint32_t, kSeverityCount> lines{};
  };
  struct Kept {
    uint64_t skeleton = 0;
    BucketId bucket = 0;
    HeldBytes tokens;  // encoded
  };
  // A template of a shape, for lines whose skeleton is not kept, too.
  struct Template {
    HeldBytes tokens;      // encoded
    uint64_t text_id = 0;  // PatternIdOf its text
    uint64_t list_id = 0;  // and of that with lists collapsed
    BucketId first = 0;    // of its buckets; Bucket::next has the others; 0: none
  };
  // Skeletons of one shape with variables in the same places.
  struct Class {
    uint64_t hash = 0;
    std::vector<Kept> kept;
    bool heap = false;  // kept is one, the largest skeleton first
  };
  struct Shape {
    uint64_t hash = 0;
    std::vector<Class> classes;
    std::vector<Template> templates;
    std::vector<uint32_t> open;  // those that more than one skeleton can match
    BucketId rest = 0;           // 0: no line went there yet
    bool dirty = true;
  };

  void Absorb(uint64_t skeleton, const std::vector<Token>& tokens,
              const std::array<uint32_t, kSeverityCount>& lines);
  void AddLines(BucketId bucket, const std::array<uint32_t, kSeverityCount>& lines);
  uint64_t SkeletonOf(std::string_view line);
  BucketId AddSplit(std::string_view line, uint64_t skeleton, LogSeverity severity);
  BucketId NewSkeleton(uint64_t skeleton, std::string_view line);
  BucketId Keep(uint64_t skeleton, uint32_t shape, const std::vector<Token>& tokens);
  BucketId Overflow(uint32_t shape, const std::vector<Token>& tokens);
  BucketId NewBucket(uint64_t skeleton, uint32_t shape);
  void FreeBucket(BucketId bucket, BucketId heir);
  void Touch(BucketId bucket);
  void Unlink(BucketId bucket, Template* with);
  static Class* FindClass(Shape* shape, const std::vector<Token>& tokens, bool may_add);
  uint32_t ShapeFor(const std::vector<Token>& tokens);
  void NoteSteady(BucketId bucket, const std::vector<Token>& tokens);
  void MergeSteady(BucketId bucket, const std::vector<Token>& tokens);
  void CheckSteady(BucketId bucket, std::string_view line);
  void Vary(BucketId bucket, uint32_t slot);
  void MergeKept(Shape* shape);
  void NameTemplates(const Renamed& renamed);
  void SetPattern(BucketId bucket, std::string_view text);
  void Release(uint32_t pattern);
  BucketId Find(uint64_t skeleton) const;
  uint32_t FindPattern(uint64_t id) const;
  uint32_t FindShape(uint64_t hash) const;

  // What the tables are asked by.
  struct SkeletonOfBucket {
    const std::vector<Bucket>& buckets;
    uint64_t operator()(BucketId id) const { return buckets[id].skeleton; }
  };
  struct HashOfShape {
    const std::vector<Shape>& shapes;
    uint64_t operator()(uint32_t index) const { return shapes[index].hash; }
  };
  struct IdOfPattern {
    const std::vector<Pattern>& patterns;
    uint64_t operator()(uint32_t index) const { return patterns[index].id; }
  };

  IndexTable table_;  // of buckets by skeleton
  std::vector<Bucket> buckets_;
  std::vector<BucketId> free_buckets_;
  std::vector<BucketId> touched_;
  std::vector<std::vector<Steady>> steady_;
  std::vector<Shape> shapes_;
  IndexTable shape_of_;  // by hash
  std::vector<Pattern> patterns_;
  std::vector<uint32_t> free_patterns_;
  IndexTable pattern_of_;  // by id
  BucketId other_ = 0;
  size_t kept_ = 0;
  size_t kept_bytes_ = 0;
  uint64_t lines_ = 0;
  bool dirty_ = false;
  std::vector<Slot> slots_;
  uint64_t skeleton_ = 0;
};

}  // namespace kizashi

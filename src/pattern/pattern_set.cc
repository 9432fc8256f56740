#include "pattern/pattern_set.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "pattern/merge.h"

namespace kizashi {
namespace {

constexpr uint64_t kStateVersion = 2;
constexpr uint64_t kNoSkeleton = 0;

// Each token is its kind in the two lowest bits and the length of its text above them, then the
// text, then a variable's slot. Separators of one byte on end are one item of kind kSeparators.
constexpr uint64_t kSeparators = 3;
static_assert(Token::kVariable < kSeparators);

bool IsByte(const Token& token) {
  return token.kind == Token::kSeparator && token.text.size() == 1;
}

std::string Encode(const std::vector<Token>& tokens) {
  ByteWriter out;
  const auto begin = [&out](uint64_t kind, size_t size) { out.Varint(size << 2 | kind); };
  for (size_t i = 0; i < tokens.size();) {
    const auto end = std::find_if_not(tokens.begin() + std::ptrdiff_t(i), tokens.end(), IsByte);
    if (const auto bytes = size_t(end - tokens.begin()) - i; bytes > 0) {
      begin(kSeparators, bytes);
      for (; tokens.begin() + std::ptrdiff_t(i) < end; ++i) out.Raw(tokens[i].text.data(), 1);
      continue;
    }
    const Token& token = tokens[i++];
    begin(token.kind, token.text.size());
    out.Raw(token.text.data(), token.text.size());
    if (token.kind == Token::kVariable) out.Varint(static_cast<uint32_t>(token.slot + 1));
  }
  return out.Take();
}

// Reads what Encode wrote, token by token; total.
class TokenReader {
 public:
  explicit TokenReader(std::string_view bytes) : in_(bytes) {}

  // False at the end or at bytes that are none of ours.
  bool Next(Token::Kind* kind, std::string_view* text, uint32_t* slot) {
    if (separators_.empty()) {
      if (!in_.ok() || in_.AtEnd()) return false;
      const uint64_t head = in_.Varint();
      const std::string_view bytes = in_.Bytes(head >> 2);
      if (!in_.ok()) return false;
      if ((head & 3) != kSeparators) {
        *kind = static_cast<Token::Kind>(head & 3);
        *text = bytes;
        if (*kind == Token::kVariable) *slot = static_cast<uint32_t>(in_.Varint()) - 1;
        return in_.ok();
      }
      if (bytes.empty()) in_.Fail();
      if (!in_.ok()) return false;
      separators_ = bytes;
    }
    *kind = Token::kSeparator;
    *text = separators_.substr(0, 1);
    separators_.remove_prefix(1);
    return true;
  }
  bool ok() const { return in_.ok(); }

 private:
  ByteReader in_;
  std::string_view separators_;
};

StatusOr<std::vector<Token>> Decode(std::string_view bytes) {
  TokenReader in(bytes);
  std::vector<Token> tokens;
  Token token;
  std::string_view text;
  while (in.Next(&token.kind, &text, &token.slot)) {
    token.text = std::string(text);
    tokens.push_back(token);
    token = {};
  }
  if (!in.ok()) return DataLoss("a skeleton ends in the middle of a token");
  return tokens;
}

std::vector<Token> DecodeOurs(std::string_view bytes) {
  auto tokens = Decode(bytes);
  KZ_CHECK(tokens.ok(), "{}", Message(tokens.status()));
  return *std::move(tokens);
}

// Whether the words of an encoded template are those of `tokens`, which have its shape.
bool Matches(std::string_view encoded, const std::vector<Token>& tokens) {
  TokenReader in(encoded);
  Token::Kind kind{};
  std::string_view text;
  uint32_t slot = 0;
  for (const Token& token : tokens) {
    if (!in.Next(&kind, &text, &slot)) return false;
    if (kind == Token::kWord && (token.kind != Token::kWord || token.text != text)) return false;
  }
  return !in.Next(&kind, &text, &slot);
}

// Whether lines of other skeletons can match, too.
bool IsOpen(const std::vector<Token>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const Token& token) { return token.kind == Token::kVariable; });
}

// Only separators are left.
std::string RemainderText(std::vector<Token> tokens) {
  for (Token& token : tokens) {
    if (token.kind != Token::kSeparator) token = {Token::kVariable, std::string(kParameter), 0};
  }
  return RenderTemplate(CollapseLists(tokens));
}

}  // namespace

uint64_t PatternIdOf(std::string_view text) { return Hash64(text, 0x6b697a61); }

PatternSet::PatternSet() : steady_(1) {
  other_ = NewBucket(kNoSkeleton, 0);
  SetPattern(other_, kOtherText);
}

PatternSet::BucketId PatternSet::Add(std::string_view line, LogSeverity severity) {
  return AddSplit(line, SkeletonOf(line), severity);
}

PatternSet::BucketId PatternSet::Add(std::string_view line, uint64_t skeleton,
                                     const std::vector<Slot>& slots, LogSeverity severity) {
  slots_ = slots;
  skeleton_ = skeleton == kNoSkeleton ? 1 : skeleton;
  return AddSplit(line, skeleton_, severity);
}

// The line whose slots are in slots_.
PatternSet::BucketId PatternSet::AddSplit(std::string_view line, uint64_t skeleton,
                                          LogSeverity severity) {
  BucketId bucket = Find(skeleton);
  if (bucket == other_) {
    bucket = NewSkeleton(skeleton, line);
  } else if (buckets_[bucket].steady != 0) {
    CheckSteady(bucket, line);
  }
  ++lines_;
  Touch(bucket);
  ++buckets_[bucket].lines[static_cast<size_t>(severity)];
  return bucket;
}

uint64_t PatternSet::SkeletonOf(std::string_view line) {
  skeleton_ = SplitLine(line, &slots_);
  if (skeleton_ == kNoSkeleton) skeleton_ = 1;
  return skeleton_;
}

uint32_t PatternSet::Lookup(std::string_view line) {
  const BucketId bucket = Find(SkeletonOf(line));
  if (bucket != other_) return buckets_[bucket].pattern;
  const std::vector<Token> tokens = MakeTokens(line, slots_);
  const uint32_t shape = FindShape(ShapeOf(tokens));
  if (shape == IndexTable::kNone) return buckets_[other_].pattern;
  return buckets_[Overflow(shape, tokens)].pattern;
}

void PatternSet::Touch(BucketId bucket) {
  if (buckets_[bucket].touched) return;
  buckets_[bucket].touched = true;
  touched_.push_back(bucket);
}

// The bucket of a skeleton that is kept; other_ when it is not.
PatternSet::BucketId PatternSet::Find(uint64_t skeleton) const {
  const uint32_t found = table_.Find(skeleton, SkeletonOfBucket{buckets_});
  return found == IndexTable::kNone ? other_ : found;
}

uint32_t PatternSet::FindPattern(uint64_t id) const {
  return pattern_of_.Find(id, IdOfPattern{patterns_});
}

uint32_t PatternSet::FindShape(uint64_t hash) const {
  return shape_of_.Find(hash, HashOfShape{shapes_});
}

PatternSet::BucketId PatternSet::NewSkeleton(uint64_t skeleton, std::string_view line) {
  const std::vector<Token> tokens = MakeTokens(line, slots_);
  const uint32_t shape = ShapeFor(tokens);
  if (shape == shapes_.size()) return other_;
  const BucketId bucket = Keep(skeleton, shape, tokens);
  if (bucket == other_) return Overflow(shape, tokens);
  NoteSteady(bucket, tokens);
  return bucket;
}

// shapes_.size() when there is no room for another shape.
uint32_t PatternSet::ShapeFor(const std::vector<Token>& tokens) {
  const uint64_t hash = ShapeOf(tokens);
  const uint32_t found = FindShape(hash);
  if (found != IndexTable::kNone) return found;
  const auto index = static_cast<uint32_t>(shapes_.size());
  if (shapes_.size() >= kShapesMax || kept_bytes_ >= kBytesMax) return index;
  shapes_.emplace_back();
  shapes_.back().hash = hash;
  shape_of_.Insert(hash, index, HashOfShape{shapes_});
  return index;
}

PatternSet::Class* PatternSet::FindClass(Shape* shape, const std::vector<Token>& tokens,
                                         bool may_add) {
  std::string places;
  for (const Token& token : tokens) places += token.kind == Token::kVariable ? '*' : '.';
  const uint64_t hash = Hash64(places);
  for (Class& one : shape->classes) {
    if (one.hash == hash) return &one;
  }
  if (!may_add) return nullptr;
  shape->classes.push_back({hash, {}, false});
  return &shape->classes.back();
}

// Keeps the skeleton when its class has room or a larger one to give up; else returns other_.
PatternSet::BucketId PatternSet::Keep(uint64_t skeleton, uint32_t shape_index,
                                      const std::vector<Token>& tokens) {
  Shape& shape = shapes_[shape_index];
  Class* const found = FindClass(&shape, tokens, kept_bytes_ < kBytesMax);
  if (found == nullptr) return other_;
  Class& one = *found;
  const auto smaller = [](const Kept& a, const Kept& b) { return a.skeleton < b.skeleton; };
  if (one.kept.size() >= kSkeletonsPerClass || kept_bytes_ >= kBytesMax) {
    if (!one.heap) std::make_heap(one.kept.begin(), one.kept.end(), smaller);
    one.heap = true;
    if (one.kept.empty() || skeleton >= one.kept.front().skeleton) return other_;
    std::pop_heap(one.kept.begin(), one.kept.end(), smaller);
    const Kept out = std::move(one.kept.back());
    one.kept.pop_back();
    table_.Erase(out.skeleton, SkeletonOfBucket{buckets_});
    kept_bytes_ -= out.tokens.size();
    --kept_;
    for (Template& with : shape.templates) Unlink(out.bucket, &with);
    FreeBucket(out.bucket, Overflow(shape_index, DecodeOurs(out.tokens.view())));
  }
  const BucketId bucket = NewBucket(skeleton, shape_index);
  table_.Insert(skeleton, bucket, SkeletonOfBucket{buckets_});
  one.kept.push_back({skeleton, bucket, HeldBytes(Encode(tokens))});
  kept_bytes_ += one.kept.back().tokens.size();
  ++kept_;
  if (one.heap) std::push_heap(one.kept.begin(), one.kept.end(), smaller);
  shape.dirty = dirty_ = true;
  return bucket;
}

// Where a line counts whose skeleton is not kept.
PatternSet::BucketId PatternSet::Overflow(uint32_t shape_index, const std::vector<Token>& tokens) {
  Shape& shape = shapes_[shape_index];
  for (const uint32_t index : shape.open) {
    const Template& one = shape.templates[index];
    if (one.first != 0 && Matches(one.tokens.view(), tokens)) return one.first;
  }
  if (shape.rest == 0) {
    const BucketId rest = NewBucket(kNoSkeleton, shape_index);
    shape.rest = rest;
    SetPattern(rest, RemainderText(tokens));
  }
  return shape.rest;
}

void PatternSet::Unlink(BucketId bucket, Template* with) {
  for (BucketId* at = &with->first; *at != 0; at = &buckets_[*at].next) {
    if (*at != bucket) continue;
    *at = buckets_[bucket].next;
    return;
  }
}

PatternSet::BucketId PatternSet::NewBucket(uint64_t skeleton, uint32_t shape) {
  BucketId bucket = static_cast<BucketId>(buckets_.size());
  if (!free_buckets_.empty()) {
    bucket = free_buckets_.back();
    free_buckets_.pop_back();
  } else {
    buckets_.emplace_back();
  }
  Bucket& made = buckets_[bucket];
  const bool touched = made.touched;  // it may still be listed there
  made = {};
  made.skeleton = skeleton;
  made.shape = shape;
  made.touched = touched;
  if (!patterns_.empty()) ++patterns_[0].buckets;  // counts as other until it is named
  return bucket;
}

void PatternSet::FreeBucket(BucketId bucket, BucketId heir) {
  for (size_t i = 0; i < kSeverityCount; ++i) {
    if (buckets_[bucket].lines[i] == 0) continue;
    Touch(heir);
    buckets_[heir].lines[i] += buckets_[bucket].lines[i];
  }
  buckets_[bucket].lines = {};
  if (buckets_[bucket].steady != 0) steady_[buckets_[bucket].steady].clear();
  Release(buckets_[bucket].pattern);
  free_buckets_.push_back(bucket);
}

// Remembers the values that stand where values vary: constant as long as they do not.
void PatternSet::NoteSteady(BucketId bucket, const std::vector<Token>& tokens) {
  std::vector<Steady> steady;
  for (const Token& token : tokens) {
    if (token.kind == Token::kVariable && token.slot != Token::kNoSlot && !token.text.empty() &&
        token.text.find(kParameter) == std::string::npos) {
      steady.push_back({token.slot, token.text});
    }
  }
  if (steady.empty()) return;
  buckets_[bucket].steady = static_cast<uint32_t>(steady_.size());
  steady_.push_back(std::move(steady));
}

void PatternSet::CheckSteady(BucketId bucket, std::string_view line) {
  std::vector<Steady>& steady = steady_[buckets_[bucket].steady];
  for (size_t i = 0; i < steady.size();) {
    const Slot& slot = slots_[steady[i].slot];
    if (line.substr(slot.begin, slot.end - slot.begin) == steady[i].text) {
      ++i;
      continue;
    }
    Vary(bucket, steady[i].slot);
    steady.erase(steady.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (steady.empty()) buckets_[bucket].steady = 0;
}

void PatternSet::Vary(BucketId bucket, uint32_t slot) {
  Shape& shape = shapes_[buckets_[bucket].shape];
  for (Class& one : shape.classes) {
    for (Kept& kept : one.kept) {
      if (kept.bucket != bucket) continue;
      std::vector<Token> tokens = DecodeOurs(kept.tokens.view());
      for (Token& token : tokens) {
        if (token.slot == slot) token.text = kParameter;
      }
      kept_bytes_ -= kept.tokens.size();
      kept.tokens = HeldBytes(Encode(tokens));
      kept_bytes_ += kept.tokens.size();
    }
  }
  shape.dirty = dirty_ = true;
}

void PatternSet::MergeKept(Shape* shape) {
  std::vector<std::vector<Token>> skeletons;
  std::vector<BucketId> bucket_of;
  for (const Class& one : shape->classes) {
    for (const Kept& kept : one.kept) {
      skeletons.push_back(DecodeOurs(kept.tokens.view()));
      bucket_of.push_back(kept.bucket);
    }
  }
  std::vector<const std::vector<Token>*> pointers;
  for (const auto& tokens : skeletons) pointers.push_back(&tokens);
  std::vector<std::vector<Token>> merged;
  if (!pointers.empty()) merged = MergeShape(pointers);
  shape->templates.clear();
  shape->open.clear();
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < merged.size(); ++i) {
    std::string text = RenderTemplate(merged[i]);
    const auto [found, added] = index.try_emplace(text, shape->templates.size());
    if (added) {
      shape->templates.push_back({HeldBytes(Encode(merged[i])), PatternIdOf(text),
                                  PatternIdOf(RenderTemplate(CollapseLists(merged[i])))});
      if (IsOpen(merged[i])) shape->open.push_back(static_cast<uint32_t>(found->second));
    }
    BucketId& first = shape->templates[found->second].first;
    buckets_[bucket_of[i]].next = std::exchange(first, bucket_of[i]);
  }
  shape->dirty = false;
}

void PatternSet::Update(const Renamed& renamed) {
  if (!dirty_) return;
  for (Shape& shape : shapes_) {
    if (shape.dirty) MergeKept(&shape);
  }
  NameTemplates(renamed);
  dirty_ = false;
}

// Templates that differ only in the length of lists become one pattern.
void PatternSet::NameTemplates(const Renamed& renamed) {
  std::unordered_map<uint64_t, std::pair<uint64_t, bool>> lists;  // the first text's id; several?
  for (const Shape& shape : shapes_) {
    for (const Template& one : shape.templates) {
      const auto [found, added] = lists.try_emplace(one.list_id, one.text_id, false);
      if (!added && found->second.first != one.text_id) found->second.second = true;
    }
  }
  std::map<uint64_t, uint64_t> moved;
  for (const Shape& shape : shapes_) {
    for (const Template& one : shape.templates) {
      const bool several = lists.at(one.list_id).second;
      const uint64_t id = several ? one.list_id : one.text_id;
      std::string text;
      for (BucketId bucket = one.first; bucket != 0; bucket = buckets_[bucket].next) {
        const Pattern& before = patterns_[buckets_[bucket].pattern];
        if (IsNamed(bucket) && before.id == id) continue;
        if (IsNamed(bucket)) moved[before.id] = id;
        if (text.empty()) {
          const std::vector<Token> tokens = DecodeOurs(one.tokens.view());
          text = RenderTemplate(several ? CollapseLists(tokens) : tokens);
        }
        SetPattern(bucket, text);
      }
    }
  }
  if (!renamed) return;
  for (const auto& [old_id, new_id] : moved) renamed(old_id, new_id);
}

void PatternSet::SetPattern(BucketId bucket, std::string_view text) {
  const uint64_t id = PatternIdOf(text);
  const uint32_t before = buckets_[bucket].pattern;
  if (before < patterns_.size() && patterns_[before].id == id && before != 0) return;
  uint32_t index = FindPattern(id);
  if (index == IndexTable::kNone) {
    index = static_cast<uint32_t>(patterns_.size());
    if (!free_patterns_.empty()) {
      index = free_patterns_.back();
      free_patterns_.pop_back();
    } else {
      patterns_.emplace_back();
    }
    patterns_[index] = {id, std::string(text), 0};
    pattern_of_.Insert(id, index, IdOfPattern{patterns_});
  }
  ++patterns_[index].buckets;
  buckets_[bucket].pattern = index;
  if (bucket != other_) Release(before);
}

const PatternSet::Pattern* PatternSet::ById(uint64_t id) const {
  const uint32_t found = FindPattern(id);
  return found == IndexTable::kNone ? nullptr : &patterns_[found];
}

void PatternSet::Release(uint32_t pattern) {
  KZ_CHECK(patterns_[pattern].buckets > 0, "pattern {} is released once too often", pattern);
  if (--patterns_[pattern].buckets > 0 || pattern == 0) return;
  pattern_of_.Erase(patterns_[pattern].id, IdOfPattern{patterns_});
  patterns_[pattern] = {};
  free_patterns_.push_back(pattern);
}

void PatternSet::Drain(const std::function<void(const Count&)>& visit, const Renamed& renamed) {
  Update(renamed);
  for (const BucketId id : touched_) {
    Bucket& bucket = buckets_[id];
    for (size_t severity = 0; severity < kSeverityCount; ++severity) {
      if (bucket.lines[severity] == 0) continue;
      visit({id, bucket.pattern, static_cast<LogSeverity>(severity), bucket.lines[severity]});
    }
    bucket.lines = {};
    bucket.touched = false;
  }
  touched_.clear();
}

void PatternSet::ForEach(const std::function<void(uint32_t index)>& visit) const {
  for (uint32_t i = 0; i < patterns_.size(); ++i) {
    // The first one always has its own bucket: it is listed when it has more.
    if (patterns_[i].buckets > (i == 0 ? 1U : 0U)) visit(i);
  }
}

void PatternSet::ForEachSkeleton(
    const std::function<void(uint64_t skeleton, uint32_t pattern)>& visit) const {
  for (const Shape& shape : shapes_) {
    for (const Class& one : shape.classes) {
      for (const Kept& kept : one.kept) visit(kept.skeleton, buckets_[kept.bucket].pattern);
    }
  }
}

bool PatternSet::IsSettled(uint64_t skeleton) const {
  const BucketId bucket = Find(skeleton == kNoSkeleton ? 1 : skeleton);
  return bucket != other_ && buckets_[bucket].steady == 0;
}

void PatternSet::Absorb(uint64_t skeleton, const std::vector<Token>& tokens,
                        const std::array<uint32_t, kSeverityCount>& lines) {
  BucketId bucket = Find(skeleton);
  if (bucket != other_) {
    MergeSteady(bucket, tokens);
  } else if (const uint32_t shape = ShapeFor(tokens); shape < shapes_.size()) {
    bucket = Keep(skeleton, shape, tokens);
    if (bucket == other_) {
      bucket = Overflow(shape, tokens);
    } else {
      NoteSteady(bucket, tokens);
    }
  }
  AddLines(bucket, lines);
}

void PatternSet::AddLines(BucketId bucket, const std::array<uint32_t, kSeverityCount>& lines) {
  for (size_t i = 0; i < kSeverityCount; ++i) {
    if (lines[i] == 0) continue;
    Touch(bucket);
    buckets_[bucket].lines[i] += lines[i];
    lines_ += lines[i];
  }
}

void PatternSet::Merge(const PatternSet& other) {
  for (const Shape& shape : other.shapes_) {
    for (const Class& one : shape.classes) {
      for (const Kept& kept : one.kept) {
        Absorb(kept.skeleton, DecodeOurs(kept.tokens.view()), other.buckets_[kept.bucket].lines);
      }
    }
    if (shape.rest == 0) continue;
    // Its lines had this shape, but nothing is known of their words.
    const uint32_t found = FindShape(shape.hash);
    const BucketId mine = found == IndexTable::kNone ? 0 : shapes_[found].rest;
    AddLines(mine, other.buckets_[shape.rest].lines);
  }
  AddLines(other_, other.buckets_[other.other_].lines);
}

// Constant only as long as both say the same.
void PatternSet::MergeSteady(BucketId bucket, const std::vector<Token>& tokens) {
  const uint32_t index = buckets_[bucket].steady;
  if (index == 0) return;
  std::vector<Steady> mine = steady_[index];
  for (const Steady& steady : mine) {
    const bool same = std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
      return token.slot == steady.slot && token.text == steady.text;
    });
    if (same) continue;
    Vary(bucket, steady.slot);
    std::erase_if(steady_[index], [&](const Steady& s) { return s.slot == steady.slot; });
  }
}

std::string PatternSet::Save() const {
  ByteWriter out;
  out.Varint(kStateVersion);
  out.Varint(shapes_.size());
  for (const Shape& shape : shapes_) {
    size_t count = 0;
    for (const Class& one : shape.classes) count += one.kept.size();
    out.U8(shape.dirty ? 1 : 0);
    out.Varint(count);
    for (const Class& one : shape.classes) {
      for (const Kept& kept : one.kept) {
        out.U64(kept.skeleton);
        out.String(kept.tokens.view());
        out.U8(IsNamed(kept.bucket) ? 1 : 0);
        if (IsNamed(kept.bucket)) out.String(patterns_[buckets_[kept.bucket].pattern].text);
      }
    }
  }
  return out.Take();
}

Status PatternSet::Restore(std::string_view state) {
  KZ_CHECK(kept_ == 0, "a set is restored over another one");
  ByteReader in(state);
  const uint64_t version = in.Varint();
  if (version != kStateVersion) {
    return DataLoss("patterns of version {}, not {}", version, kStateVersion);
  }
  std::vector<uint64_t> dirty;
  for (uint64_t shapes = in.Varint(); shapes > 0 && in.ok(); --shapes) {
    const bool is_dirty = in.U8() != 0;
    for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
      const uint64_t skeleton = in.U64();
      KZ_ASSIGN_OR_RETURN(const std::vector<Token> tokens, Decode(in.String()));
      if (skeleton == kNoSkeleton) return DataLoss("a skeleton without a hash");
      Absorb(skeleton, tokens, {});
      if (is_dirty) dirty.push_back(ShapeOf(tokens));
      const BucketId bucket = Find(skeleton);
      if (in.U8() == 0) continue;
      const std::string_view text = in.String();
      if (bucket != other_) SetPattern(bucket, text);
    }
  }
  if (!in.ok() || !in.AtEnd()) return DataLoss("patterns end too early or too late");
  for (Shape& shape : shapes_) MergeKept(&shape);
  for (const uint64_t hash : dirty) {
    const uint32_t found = FindShape(hash);
    if (found != IndexTable::kNone) shapes_[found].dirty = true;
  }
  dirty_ = !dirty.empty();
  return OkStatus();
}

size_t PatternSet::MemoryBytes() const {
  size_t bytes = table_.MemoryBytes() + buckets_.capacity() * sizeof(Bucket) + kept_bytes_ +
                 kept_ * sizeof(Kept);
  for (const Pattern& pattern : patterns_) bytes += sizeof(Pattern) + pattern.text.capacity();
  return bytes;
}

}  // namespace kizashi

// The schema of a log block: its skeletons, columns and id tables.
#include <algorithm>

#include "base/bytes.h"
#include "store/logs/block_format.h"

namespace kizashi {
namespace {

void WriteList(const std::vector<uint32_t>& list, ByteWriter* out) {
  int64_t expected = 0;
  for (const uint32_t value : list) {
    out->SignedVarint(static_cast<int64_t>(value) - expected);
    expected = static_cast<int64_t>(value) + 1;
  }
}

void WriteColumn(const ColumnEntry& column, ByteWriter* out) {
  out->U8(static_cast<uint8_t>(static_cast<uint8_t>(column.kind) | (column.delta ? 0x80 : 0)));
  switch (column.kind) {
    case ColumnKind::kConst:
    case ColumnKind::kCopy:
    case ColumnKind::kId: out->Varint(column.value); return;
    case ColumnKind::kMapped:
      out->Varint(column.value);
      out->Varint(column.values.size());
      WriteList(column.values, out);
      for (const uint32_t index : column.map) out->Varint(index);
      return;
    case ColumnKind::kDictionary:
      out->Varint(column.values.size());
      WriteList(column.values, out);
      break;
    case ColumnKind::kTime: out->Varint(column.value); [[fallthrough]];
    case ColumnKind::kNumber: out->SignedVarint(column.base); break;
    case ColumnKind::kText:
      out->Varint(column.text_size);
      out->Varint(column.text_min);
      break;
  }
  out->Varint(column.size);
}

// Rows and texts follow each other in the order of the columns, so only sizes are written; where a
// column would not fit behind the one before in its pack, it begins the next one.
struct Places {
  uint32_t pack = kRowPacks;
  uint32_t offset = 0;
  uint32_t text_offset = 0;
};

class SchemaReader {
 public:
  SchemaReader(std::string_view bytes, const BlockFooter& footer) : in_(bytes), footer_(footer) {}

  StatusOr<BlockSchema> Read() {
    BlockSchema schema;
    ReadTables(&schema);
    const uint64_t skeletons = in_.Varint();
    if (skeletons == 0 || skeletons > kBlockSkeletonsMax) in_.Fail();
    uint64_t lines = 0;
    for (uint64_t i = 0; i < skeletons && in_.ok(); ++i) {
      lines += ReadSkeleton(schema, &schema.skeletons.emplace_back());
    }
    if (!in_.ok() || !in_.AtEnd() || lines != footer_.lines) {
      return DataLoss("log block: the schema is damaged");
    }
    return schema;
  }

 private:
  void ReadTables(BlockSchema* schema) {
    const uint64_t forms = in_.Varint();
    if (forms > kBlockTracksMax) in_.Fail();
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < forms && in_.ok(); ++i) {
      IdTable table;
      table.form.bytes = in_.U8();
      const uint8_t bits = in_.U8();
      table.form.upper = (bits & 1) != 0;
      table.form.uuid = (bits & 2) != 0;
      const uint64_t ids = in_.Varint();
      if (table.form.bytes < kIdBytesMin || table.form.bytes > kIdBytesMax || bits > 3 ||
          (table.form.uuid && table.form.bytes != 16) || ids > kBlockTextMax) {
        in_.Fail();
        return;
      }
      table.ids = static_cast<uint32_t>(ids);
      bytes += ids * table.form.bytes;
      schema->forms.push_back(table);
    }
    const uint64_t tracks = in_.Varint();
    if (bytes != footer_.packs[kIdsPack].raw || tracks > kBlockTracksMax) in_.Fail();
    for (uint64_t i = 0; i < tracks && in_.ok(); ++i) {
      const uint64_t form = in_.Varint();
      const uint64_t codes = in_.Varint();
      if (form >= forms || codes > footer_.lines) in_.Fail();
      schema->tracks.push_back({static_cast<uint32_t>(form), static_cast<uint32_t>(codes)});
    }
  }

  uint32_t ReadSkeleton(const BlockSchema& schema, SkeletonEntry* skeleton) {
    skeleton->pattern = Below(footer_.patterns.size());
    skeleton->lines = Below(uint64_t{footer_.lines} + 1);
    skeleton->constants = in_.String();
    const uint64_t pieces = in_.Varint();
    if (skeleton->lines == 0 || pieces == 0 || pieces > kBlockSlotsMax + 1) in_.Fail();
    uint64_t end = 0;
    for (uint64_t i = 0; i < pieces && in_.ok(); ++i) {
      end += Below(skeleton->constants.size() - end + 1);
      skeleton->piece_ends.push_back(static_cast<uint32_t>(end));
    }
    if (end != skeleton->constants.size()) in_.Fail();
    if (!in_.ok()) return 0;
    ReadNumbers(skeleton->lines, static_cast<uint32_t>(footer_.streams.size()), &skeleton->streams);
    ReadNumbers(skeleton->lines, 2 * kCutFlag, &skeleton->flags);
    const size_t columns = skeleton->slots() + kExtraColumns;
    skeleton->columns.resize(columns);
    std::array<bool, kBlockTracksMax> tracks{};
    for (size_t i = 0; i < columns && in_.ok(); ++i) {
      ReadColumn(skeleton->lines, skeleton->columns, i, footer_.values);
      const ColumnEntry& column = skeleton->columns[i];
      if (column.kind != ColumnKind::kId || !in_.ok()) continue;
      if (column.value >= schema.tracks.size() || tracks[column.value]) return in_.Fail(), 0;
      tracks[column.value] = true;
    }
    return skeleton->lines;
  }

  // A column of small numbers below `limit`.
  void ReadNumbers(uint32_t lines, uint32_t limit, ColumnEntry* column) {
    std::vector<ColumnEntry> one(1);
    ReadColumn(lines, one, 0, limit);
    *column = std::move(one[0]);
    if (column->kind != ColumnKind::kConst && column->kind != ColumnKind::kDictionary) in_.Fail();
  }

  void ReadColumn(uint32_t lines, std::vector<ColumnEntry>& columns, size_t at, uint32_t limit) {
    ColumnEntry& column = columns[at];
    const uint8_t kind = in_.U8();
    if ((kind & 0x7f) > static_cast<uint8_t>(ColumnKind::kText)) return in_.Fail();
    column.kind = static_cast<ColumnKind>(kind & 0x7f);
    column.delta = (kind & 0x80) != 0;
    if (column.delta && column.kind != ColumnKind::kNumber) return in_.Fail();
    switch (column.kind) {
      case ColumnKind::kConst: column.value = Below(limit); return;
      case ColumnKind::kId: column.value = Below(kBlockTracksMax); return;
      case ColumnKind::kCopy:
        column.value = Below(at);
        if (in_.ok() && columns[column.value].kind == ColumnKind::kCopy) in_.Fail();
        return;
      case ColumnKind::kMapped: {
        column.value = Below(at);
        if (!in_.ok()) return;
        const ColumnEntry& parent = columns[column.value];
        ReadList(lines, limit, &column.values);
        if (parent.values.size() > in_.remaining()) in_.Fail();
        for (size_t i = 0; i < parent.values.size() && in_.ok(); ++i) {
          column.map.push_back(Below(column.values.size()));
        }
        if (parent.values.empty()) in_.Fail();
        return;
      }
      case ColumnKind::kDictionary:
        ReadList(lines, limit, &column.values);
        ReadPlace(&column);
        if (column.size != uint64_t{lines} * column.IndexBytes()) in_.Fail();
        return;
      case ColumnKind::kTime: column.value = Below(TimeLayoutCount()); [[fallthrough]];
      case ColumnKind::kNumber:
        column.base = in_.SignedVarint();
        ReadPlace(&column);
        return;
      case ColumnKind::kText:
        column.text_offset = places_.text_offset;
        column.text_size = Below(uint64_t{footer_.packs[kTextPack].raw} - places_.text_offset + 1);
        places_.text_offset += column.text_size;
        column.text_min = Below(uint64_t{column.text_size} + 1);
        ReadPlace(&column);
        return;
    }
  }

  void ReadList(uint32_t lines, uint32_t limit, std::vector<uint32_t>* list) {
    const uint64_t size = in_.Varint();
    if (size == 0 || size > lines || size > in_.remaining()) return in_.Fail();
    list->reserve(size);
    int64_t expected = 0;
    for (uint64_t i = 0; i < size && in_.ok(); ++i) {
      const int64_t difference = in_.SignedVarint();
      if (difference < -expected || difference >= int64_t{limit} - expected) return in_.Fail();
      list->push_back(static_cast<uint32_t>(expected + difference));
      expected += difference + 1;
    }
  }

  void ReadPlace(ColumnEntry* column) {
    column->size = Below(kBlockPackRawMax + 1);
    while (in_.ok() && places_.pack < footer_.packs.size() &&
           column->size > footer_.packs[places_.pack].raw - places_.offset) {
      if (places_.offset == 0) return in_.Fail();
      ++places_.pack;
      places_.offset = 0;
    }
    if (column->size > 0 && places_.pack >= footer_.packs.size()) return in_.Fail();
    column->pack = places_.pack;
    column->offset = places_.offset;
    places_.offset += column->size;
  }

  uint32_t Below(uint64_t limit) {
    const uint64_t value = in_.Varint();
    if (value < limit && value <= UINT32_MAX) return static_cast<uint32_t>(value);
    in_.Fail();
    return 0;
  }

  ByteReader in_;
  const BlockFooter& footer_;
  Places places_;
};

}  // namespace

std::string EncodeSchema(const BlockSchema& schema) {
  ByteWriter out;
  out.Varint(schema.forms.size());
  for (const IdTable& table : schema.forms) {
    out.U8(table.form.bytes);
    out.U8(static_cast<uint8_t>((table.form.upper ? 1 : 0) | (table.form.uuid ? 2 : 0)));
    out.Varint(table.ids);
  }
  out.Varint(schema.tracks.size());
  for (const IdTrack& track : schema.tracks) {
    out.Varint(track.form);
    out.Varint(track.codes);
  }
  out.Varint(schema.skeletons.size());
  for (const SkeletonEntry& skeleton : schema.skeletons) {
    out.Varint(skeleton.pattern);
    out.Varint(skeleton.lines);
    out.String(skeleton.constants);
    out.Varint(skeleton.piece_ends.size());
    uint32_t before = 0;
    for (const uint32_t end : skeleton.piece_ends) {
      out.Varint(end - before);
      before = end;
    }
    WriteColumn(skeleton.streams, &out);
    WriteColumn(skeleton.flags, &out);
    for (const ColumnEntry& column : skeleton.columns) WriteColumn(column, &out);
  }
  return out.Take();
}

StatusOr<BlockSchema> DecodeSchema(std::string_view bytes, const BlockFooter& footer) {
  return SchemaReader(bytes, footer).Read();
}

}  // namespace kizashi

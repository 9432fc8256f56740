#include "act/anomaly_text.h"

#include "act/format.h"

namespace kizashi {
namespace {

std::string Count(const Fields& fields, std::string_view name) {
  return FormatNumber(FieldNumber(fields, name), 0);
}

std::string MemberDown(const Fields& fields, Language language) {
  const std::string by = FieldText(fields, "by");
  return FillText(TextId::kMemberDown, language,
                  {{"by", by.empty() ? "instance" : by},
                   {"member", FieldText(fields, "member")},
                   {"up", Count(fields, "up")},
                   {"of", Count(fields, "of")},
                   {"need", Count(fields, "need")}});
}

std::string PatternNew(const Fields& fields, Language language) {
  const std::string pattern = FieldText(fields, "pattern");
  std::string details;
  const auto add = [&](const std::string& text) {
    if (!details.empty()) details += language == Language::kJapanese ? "、" : ", ";
    details += text;
  };
  if (const std::string level = FieldText(fields, "level"); !level.empty()) {
    add(FillText(TextId::kLevel, language, {{"level", level}}));
  }
  if (const std::string where = FieldText(fields, "first_seen_on"); !where.empty()) {
    add(FillText(TextId::kFirstOn, language, {{"where", where}}));
  }
  if (FindField(fields, "count") != nullptr) {
    add(FillText(TextId::kLines, language, {{"count", Count(fields, "count")}}));
  }
  if (details.empty()) return FillText(TextId::kPatternNew, language, {{"pattern", pattern}});
  return FillText(TextId::kPatternNewDetails, language,
                  {{"details", details}, {"pattern", pattern}});
}

std::string CodeAndFields(const AnomalyRecord& anomaly) {
  std::string out = anomaly.code;
  for (const auto& [name, value] : anomaly.fields) {
    out += fmt::format(" {}={}", name, FieldText(anomaly.fields, name));
  }
  return out;
}

}  // namespace

std::string AnomalyText(const AnomalyRecord& anomaly, Language language) {
  if (anomaly.code == "member_down") return OneLine(MemberDown(anomaly.fields, language));
  if (anomaly.code == "pattern_new") return OneLine(PatternNew(anomaly.fields, language));
  if (anomaly.code == "patterns_new_many") {
    return FillText(TextId::kPatternsNewMany, language,
                    {{"count", Count(anomaly.fields, "count")}});
  }
  return OneLine(CodeAndFields(anomaly));
}

}  // namespace kizashi

// Any templates, any line: what is found has the line's text, and what is told of a skeleton holds.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "pattern/split.h"
#include "pattern/templates.h"

using namespace kizashi;

// A byte 0 parts the templates; what is behind the last one is the line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<PatternTemplate> made;
  for (size_t end; (end = rest.find('\0')) != rest.npos; rest.remove_prefix(end + 1)) {
    std::string text = PatternTemplates::Normalize(rest.substr(0, end));
    const bool full = made.size() == PatternTemplates::kTemplatesMax;
    if (!full && !PatternTemplates::FaultOf(text)) made.push_back({0, std::move(text), ""});
  }
  const PatternTemplates templates(std::move(made));
  const PatternTemplate* const found = templates.Find(rest);
  std::vector<Slot> slots;
  SplitLine(rest, &slots);
  std::vector<std::string_view> pieces;
  size_t done = 0;
  for (const Slot& slot : slots) {
    if (slot.kind == SlotKind::kRest) return 0;  // may be white space alone
    pieces.push_back(rest.substr(done, slot.begin - done));
    done = slot.end;
  }
  pieces.push_back(rest.substr(done));
  const TemplateFit fit = templates.FitOf(pieces);
  KZ_CHECK(fit.all == nullptr || fit.all == found, "{}", rest);
  KZ_CHECK(fit.all != nullptr || fit.some || found == nullptr, "{}", rest);
  return 0;
}

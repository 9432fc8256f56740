#include "pattern/split.h"

#include "base/hash.h"

namespace kizashi {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSeparator(char c) {
  return std::string_view(" \t\r\n()[]{}<>,;=\"'|:").find(c) != std::string_view::npos;
}

}  // namespace

uint64_t SplitLine(std::string_view line, std::vector<Slot>* slots) {
  slots->clear();
  const std::string_view head = line.substr(0, kSplitBytesMax);
  std::string constant;
  for (size_t at = 0; at < head.size();) {
    if (IsSeparator(head[at])) {
      constant.push_back(head[at++]);
      continue;
    }
    const size_t begin = at;
    bool digit = false;
    for (; at < head.size() && !IsSeparator(head[at]); ++at) digit = digit || IsDigit(head[at]);
    if (digit) {
      slots->push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(at), SlotKind::kText});
      constant.push_back('\0');
    } else {
      constant.append(head.substr(begin, at - begin));
    }
  }
  if (line.size() > head.size()) {
    const auto begin = static_cast<uint32_t>(head.size());
    slots->push_back({begin, static_cast<uint32_t>(line.size()), SlotKind::kText});
  }
  return Hash64(constant, 0x6b697a61);
}

}  // namespace kizashi

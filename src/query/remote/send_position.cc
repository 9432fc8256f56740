#include "query/remote/send_position.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kMagic = "kizashi-remote-write 1";

std::string Body(const SendPosition& position) {
  return fmt::format("{}\n{} {} {} {}\n", kMagic, position.done.seq, position.done.samples,
                     position.under_way.seq, position.under_way.samples);
}

}  // namespace

std::string EncodePosition(const SendPosition& position) {
  const std::string body = Body(position);
  return body + fmt::format("{:016x}\n", Hash64(body));
}

StatusOr<SendPosition> DecodePosition(std::string_view text) {
  std::array<uint64_t, 4> numbers{};
  const char* const end = text.data() + text.size();
  const char* at = text.data() + std::min(text.size(), kMagic.size() + 1);
  for (uint64_t& number : numbers) {
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc() || read.ptr == end) return DataLoss("this is no position");
    at = read.ptr + 1;
  }
  const SendPosition position{{numbers[0], numbers[1]}, {numbers[2], numbers[3]}};
  if (text != EncodePosition(position)) return DataLoss("this is no position");
  return position;
}

StatusOr<std::optional<SendPosition>> ReadPosition(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in && errno == ENOENT) return std::optional<SendPosition>();
  if (!in) return Internal("{}: {}", file, std::strerror(errno));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto position = DecodePosition(text);
  if (!position.ok()) return DataLoss("{}: {}", file, Message(position.status()));
  return std::optional<SendPosition>(*position);
}

}  // namespace kizashi

// The fields of one kind of a protobuf message, as the bytes in which they came: a view as long as
// they stand together, which they do as a rule, else put together. A value of one thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace kizashi {

class FieldBytes {
 public:
  /// A field was read from `begin` to `end`, behind those added before.
  void Add(const char* begin, const char* end) {
    const std::string_view field(begin, static_cast<size_t>(end - begin));
    if (!apart_.empty()) {
      apart_ += field;
    } else if (together_.empty()) {
      together_ = field;
    } else if (together_.data() + together_.size() == begin) {
      together_ = {together_.data(), together_.size() + field.size()};
    } else {
      apart_ = std::string(together_);
      apart_ += field;
    }
  }
  /// All of them; `kept` holds what is no part of the message.
  std::string_view Take(std::deque<std::string>* kept) {
    if (apart_.empty()) return together_;
    return kept->emplace_back(std::move(apart_));
  }

 private:
  std::string_view together_;
  std::string apart_;
};

}  // namespace kizashi

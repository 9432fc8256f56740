// Saving and restoring state as bytes, with one function for both directions.
//
// A struct takes part by `template <typename A> void Fields(A& a) { a(first_, second_); }`;
// numbers, strings, Time, optional, variant of number and string, vector, deque, map, set and pairs
// of those are known. Types without that member get a free ArchiveFields(A&, T&). The reader is
// total: on foreign or damaged bytes it fails, ok() turns false, and what it has put into the
// values is of no use. What is written by one version of Fields is read by the same version only;
// the owner keeps a version number.
#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace kizashi {

class StateWriter {
 public:
  static constexpr bool kReading = false;

  template <typename... T>
  void operator()(T&... values) {
    (Write(values), ...);
  }
  std::string Take() { return out_.Take(); }

 private:
  void Write(bool value) { out_.U8(value ? 1 : 0); }
  void Write(double value) { out_.Double(value); }
  void Write(Time value) { out_.SignedVarint(ToMs(value)); }
  void Write(const std::string& value) { out_.String(value); }
  template <std::integral T>
  void Write(T value) {
    out_.SignedVarint(static_cast<int64_t>(value));
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Write(T value) { out_.Varint(static_cast<uint64_t>(value)); }
  void Write(std::variant<double, std::string>& value) {
    out_.U8(static_cast<uint8_t>(value.index()));
    if (auto* number = std::get_if<double>(&value)) Write(*number);
    if (auto* text = std::get_if<std::string>(&value)) Write(*text);
  }
  template <typename T>
  void Write(std::optional<T>& value) {
    out_.U8(value ? 1 : 0);
    if (value) Write(*value);
  }
  template <typename A, typename B>
  void Write(std::pair<A, B>& value) {
    Write(value.first);
    Write(value.second);
  }
  template <typename T>
  void Write(std::vector<T>& values) {
    WriteAll(values);
  }
  template <typename T>
  void Write(std::deque<T>& values) {
    WriteAll(values);
  }
  template <typename K, typename V, typename C>
  void Write(std::map<K, V, C>& values) {
    out_.Varint(values.size());
    for (auto& [key, value] : values) {
      K copy = key;
      Write(copy);
      Write(value);
    }
  }
  template <typename K, typename C>
  void Write(std::set<K, C>& values) {
    out_.Varint(values.size());
    for (K value : values) Write(value);
  }
  template <typename T>
  requires requires(T& value, StateWriter& a) { value.Fields(a); }
  void Write(T& value) { value.Fields(*this); }
  template <typename T>
  requires requires(T& value, StateWriter& a) { ArchiveFields(a, value); }
  void Write(T& value) { ArchiveFields(*this, value); }
  template <typename T>
  void WriteAll(T& values) {
    out_.Varint(values.size());
    for (auto& value : values) Write(value);
  }

  ByteWriter out_;
};

class StateReader {
 public:
  static constexpr bool kReading = true;
  explicit StateReader(std::string_view bytes) : in_(bytes) {}

  template <typename... T>
  void operator()(T&... values) {
    (Read(values), ...);
  }
  bool ok() const { return in_.ok(); }
  bool AtEnd() const { return in_.AtEnd(); }
  /// Whether every time so far is of the years 1 to 9999: any span of people may be added to it. A
  /// state may hold "never" as one that is not; an event may not.
  bool times_are_dates() const { return times_are_dates_; }
  /// For a Fields that finds what it read to be no state of its own.
  void Fail() { in_.Fail(); }

 private:
  void Read(bool& value) { value = in_.U8() != 0; }
  void Read(double& value) { value = in_.Double(); }
  void Read(Time& value) {
    value = TimeFromMs(in_.SignedVarint());
    times_are_dates_ = times_are_dates_ && value >= TimeFromMs(-62'135'596'800'000) &&
                       value < TimeFromMs(253'402'300'800'000);
  }
  void Read(std::string& value) { value = in_.String(); }
  template <std::integral T>
  void Read(T& value) {
    value = static_cast<T>(in_.SignedVarint());
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Read(T& value) { value = static_cast<T>(in_.Varint()); }
  void Read(std::variant<double, std::string>& value) {
    if (in_.U8() == 0) {
      Read(value.emplace<double>());
    } else {
      Read(value.emplace<std::string>());
    }
  }
  template <typename T>
  void Read(std::optional<T>& value) {
    value.reset();
    if (in_.U8() != 0) Read(value.emplace(T{}));  // clang 14 asks for an argument
  }
  template <typename A, typename B>
  void Read(std::pair<A, B>& value) {
    Read(value.first);
    Read(value.second);
  }
  template <typename T>
  void Read(std::vector<T>& values) {
    ReadAll(values);
  }
  template <typename T>
  void Read(std::deque<T>& values) {
    ReadAll(values);
  }
  template <typename K, typename V, typename C>
  void Read(std::map<K, V, C>& values) {
    values.clear();
    for (uint64_t left = Count(); left > 0 && in_.ok(); --left) {
      K key{};
      Read(key);
      Read(values[std::move(key)]);
    }
  }
  template <typename K, typename C>
  void Read(std::set<K, C>& values) {
    values.clear();
    for (uint64_t left = Count(); left > 0 && in_.ok(); --left) {
      K value{};
      Read(value);
      values.insert(std::move(value));
    }
  }
  template <typename T>
  requires requires(T& value, StateReader& a) { value.Fields(a); }
  void Read(T& value) { value.Fields(*this); }
  template <typename T>
  requires requires(T& value, StateReader& a) { ArchiveFields(a, value); }
  void Read(T& value) { ArchiveFields(*this, value); }
  template <typename T>
  void ReadAll(T& values) {
    values.clear();
    for (uint64_t left = Count(); left > 0 && in_.ok(); --left) Read(values.emplace_back());
  }
  // An element takes a byte at least, so a count beyond what is left is a lie.
  uint64_t Count() {
    const uint64_t count = in_.Varint();
    if (count > in_.remaining()) in_.Fail();
    return in_.ok() ? count : 0;
  }

  ByteReader in_;
  bool times_are_dates_ = true;
};

}  // namespace kizashi

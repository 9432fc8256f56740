#include "query/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "pattern/skeleton.h"

namespace kizashi {
namespace {

std::optional<double> ReadNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

// The value below which a share of the sorted numbers lies: the nearest rank.
double Quantile(const std::vector<double>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace

ParameterTable::ParameterTable(std::string_view pattern) {
  while (true) {
    const size_t at = pattern.find(kParameter);
    pieces_.emplace_back(pattern.substr(0, at));
    if (at == std::string_view::npos) break;
    pattern.remove_prefix(at + kParameter.size());
  }
  columns_.resize(pieces_.size() - 1);
}

bool ParameterTable::Add(std::string_view text) {
  line_.clear();
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      line_ += c;
    } else if (line_.empty() || line_.back() != ' ') {
      line_ += ' ';
    }
  }
  std::string_view line = line_;
  if (!line.starts_with(pieces_[0])) return false;
  found_.clear();
  line.remove_prefix(pieces_[0].size());
  for (size_t i = 1; i < pieces_.size(); ++i) {
    size_t at = 0;
    if (i + 1 == pieces_.size()) {
      if (!line.ends_with(pieces_[i])) return false;
      at = line.size() - pieces_[i].size();
    } else {
      at = line.find(pieces_[i]);
      if (at == std::string_view::npos) return false;
    }
    found_.push_back(line.substr(0, at));
    line.remove_prefix(at + pieces_[i].size());
  }
  if (pieces_.size() == 1 && !line.empty()) return false;
  ++lines_;
  for (size_t i = 0; i < found_.size(); ++i) AddValue(found_[i], &columns_[i]);
  return true;
}

void ParameterTable::AddValue(std::string_view value, Column* column) const {
  const std::string key(value.substr(0, kValueBytesMax));
  const auto found = column->values.find(key);
  if (found != column->values.end()) {
    ++found->second;
  } else if (column->values.size() < kValuesMax) {
    column->values.emplace(key, 1);
  } else {
    column->more = true;
  }
  if (!column->all_numbers) return;
  const std::optional<double> number = ReadNumber(value);
  if (!number) {
    column->all_numbers = false;
    column->numbers = {};
    return;
  }
  column->min = column->numbers_seen == 0 ? *number : std::min(column->min, *number);
  column->max = column->numbers_seen == 0 ? *number : std::max(column->max, *number);
  ++column->numbers_seen;
  if (column->numbers.size() < kNumbersMax) {
    column->numbers.push_back(*number);
    return;
  }
  // A sample of all (Vitter 1985, "Random sampling with a reservoir", R); the same in every run.
  const std::string_view seen(reinterpret_cast<const char*>(&column->numbers_seen),
                              sizeof(column->numbers_seen));
  const uint64_t at = Hash64(seen) % column->numbers_seen;
  if (at < kNumbersMax) column->numbers[at] = *number;
}

std::vector<ParameterTable::Parameter> ParameterTable::Parameters() const {
  std::vector<Parameter> parameters;
  for (const Column& column : columns_) {
    Parameter parameter;
    parameter.distinct = column.values.size();
    parameter.more = column.more;
    parameter.top.assign(column.values.begin(), column.values.end());
    const size_t top = std::min(kTop, parameter.top.size());
    std::partial_sort(parameter.top.begin(), parameter.top.begin() + static_cast<ptrdiff_t>(top),
                      parameter.top.end(), [](const auto& a, const auto& b) {
                        return a.second != b.second ? a.second > b.second : a.first < b.first;
                      });
    parameter.top.resize(top);
    if (column.all_numbers && !column.numbers.empty()) {
      std::vector<double> sorted = column.numbers;
      std::sort(sorted.begin(), sorted.end());
      parameter.numbers = {column.numbers_seen,    column.min,
                           Quantile(sorted, 0.5),  Quantile(sorted, 0.9),
                           Quantile(sorted, 0.99), column.max};
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

void WriteParameters(const ParameterTable& table, JsonWriter* json) {
  json->Key("parameters").BeginArray();
  int64_t slot = 0;
  for (const ParameterTable::Parameter& parameter : table.Parameters()) {
    json->BeginObject();
    json->Key("slot").Int(slot++);
    json->Key("distinct").Int(static_cast<int64_t>(parameter.distinct));
    json->Key("more").Bool(parameter.more);
    json->Key("top").BeginArray();
    for (const auto& [value, count] : parameter.top) {
      json->BeginArray().String(value).Int(static_cast<int64_t>(count)).EndArray();
    }
    json->EndArray();
    json->Key("numbers");
    if (const auto& numbers = parameter.numbers) {
      json->BeginObject();
      json->Key("count").Int(static_cast<int64_t>(numbers->count));
      json->Key("min").Number(numbers->min);
      json->Key("p50").Number(numbers->p50);
      json->Key("p90").Number(numbers->p90);
      json->Key("p99").Number(numbers->p99);
      json->Key("max").Number(numbers->max);
      json->EndObject();
    } else {
      json->Null();
    }
    json->EndObject();
  }
  json->EndArray();
}

}  // namespace kizashi
